import { expect, test } from 'vitest'
import { runCommand, words } from '../../test/support/command-line.ts'
import { connectTo } from '../server.ts'

const migration = (of: { status: string; canary: number }) => ({
  migrationId: 'm1',
  journey: 'welcome',
  from: 1,
  to: 2,
  people: { moved: 1, waiting: 9 },
  progress: [],
  left: [],
  ...of,
})
const show = (of: { status: string; canary: number }) =>
  runCommand(words('journeys migrations show welcome m1'), {
    server: connectTo({
      url: 'http://rumbo.test',
      key: 'rk_test',
      signal: new AbortController().signal,
      fetch: () => Promise.resolve(Response.json(migration(of))),
    }),
  })

test('a canary that is out names the commands by which it goes on or back', async () => {
  const { stdout } = await show({ status: 'paused', canary: 0.125 })
  expect(stdout).toContain('12.5%')
  expect(stdout).toContain('rumbo journeys migrations resume welcome m1 --canary 1')
  expect(stdout).toContain('rumbo journeys migrations undo welcome m1')
})

test('a migration that moves everybody, or is under way, names none', async () => {
  expect((await show({ status: 'done', canary: 1 })).stdout).not.toContain('rumbo journeys')
  expect((await show({ status: 'running', canary: 0.1 })).stdout).not.toContain('rumbo journeys')
})
