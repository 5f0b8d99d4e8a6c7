import { defineConfig } from 'vitest/config'

/** Tests that speak to a real engine. All others need none, and start faster for it. */
const ENGINE = ['workflows/**/*.test.ts', 'worker/**/*.test.ts', 'test/replay.test.ts']
const END_TO_END = ['test/e2e/**/*.test.ts']

/** Forks, because the native bridge of the Temporal SDK does not survive worker threads. */
export default defineConfig({
  test: {
    pool: 'forks',
    exclude: ['node_modules/**', '.rumbo/**'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // A database that starts on a busy machine takes its time; nothing here measures time.
          testTimeout: 30_000,
          hookTimeout: 60_000,
          include: ['**/*.test.ts'],
          exclude: ['node_modules/**', '.rumbo/**', ...ENGINE, ...END_TO_END],
          globalSetup: ['test/support/global-setup.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'workflow',
          include: ENGINE,
          globalSetup: ['test/support/global-setup.ts', 'test/support/engine-setup.ts'],
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: END_TO_END,
          globalSetup: ['test/support/global-setup.ts', 'test/support/engine-setup.ts'],
          sequence: { groupOrder: 3 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // They start whole servers and measure time; two cores carry one at a time.
          fileParallelism: false,
        },
      },
    ],
  },
})
