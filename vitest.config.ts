import { defineConfig } from 'vitest/config'

/** Tests that speak to a real engine. All others need none, and start faster for it. */
const ENGINE = ['workflows/**/*.test.ts', 'worker/**/*.test.ts', 'test/replay.test.ts']
const END_TO_END = ['test/e2e/**/*.test.ts']
/** Those that measure time, kill processes, or run all that `npm start` runs: nothing may run beside them. */
const ALONE = [
  'audience-killed',
  'backtest',
  'caps-under-fire',
  'chaos-engine',
  'chaos-order',
  'chaos-processes',
  'demo',
  'engine-down-gate',
  'exclusions',
  'hibernation',
  'history-budget',
  'next',
  'panic',
  'processes',
  'publication-processes',
  'start',
  'throttles',
].map((name) => `test/e2e/${name}.test.ts`)

/** Forks, because the native bridge of the Temporal SDK does not survive worker threads. */
export default defineConfig({
  test: {
    pool: 'forks',
    // One for each processor: these wait for databases about as long as they reckon.
    maxWorkers: '100%',
    exclude: ['node_modules/**', '.rumbo/**'],
    projects: [
      {
        extends: true,
        test: {
          name: 'domain',
          include: ['domain/**/*.test.ts'],
          // Pure functions leave nothing behind, so files need not be kept from each other.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          // A database that starts on a busy machine takes its time; nothing here measures time.
          testTimeout: 30_000,
          hookTimeout: 60_000,
          include: ['**/*.test.ts'],
          exclude: ['node_modules/**', '.rumbo/**', 'domain/**', ...ENGINE, ...END_TO_END],
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
          exclude: ['node_modules/**', '.rumbo/**', ...ALONE],
          globalSetup: ['test/support/global-setup.ts', 'test/support/engine-setup.ts'],
          sequence: { groupOrder: 3 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each starts a whole server, and waits for it most of the time.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e-alone',
          include: ALONE,
          globalSetup: ['test/support/global-setup.ts', 'test/support/engine-setup.ts'],
          sequence: { groupOrder: 4 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
