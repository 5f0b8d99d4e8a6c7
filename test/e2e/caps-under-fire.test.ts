import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findRunningServer } from '../../dev/running-server.ts'
import { playCapsUnderFire } from '../support/caps-under-fire.ts'
import { npmStart, processesLeftWith, type StartedServer } from '../support/npm-start.ts'

const CUSTOMERS = 200
const EVENTS = 50
const CAP = 2

test(
  `row 9, under fire: ${CUSTOMERS} customers, ${EVENTS} qualifying events at once, killed in the middle: exactly the cap`,
  { timeout: 300_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rumbo-caps-'))
    let server: StartedServer | undefined
    try {
      const { messages, skipped, decisions, differences } = await playCapsUnderFire(
        {
          start: (settings) => {
            server = npmStart({ RUMBO_DATA: folder, ...settings })
            return server.up()
          },
          kill: async () => {
            process.kill(-Number(server?.npm.pid), 'SIGKILL')
            await server?.ended
          },
          temporalAddress: () => findRunningServer(folder)?.temporalAddress ?? '',
        },
        { customers: CUSTOMERS, events: EVENTS, cap: CAP, kills: 1, withinMs: 200_000 },
      )
      expect([...messages.values()].filter((count) => count !== CAP)).toEqual([])
      expect(messages.size).toBe(CUSTOMERS)
      expect(decisions).toBeGreaterThan(2 * CUSTOMERS)
      expect(differences, 'decisions that come out otherwise when made again').toBe(0)
      expect(skipped, 'there was more to send than the cap allows').toBeGreaterThan(CUSTOMERS)
    } finally {
      server?.npm.kill('SIGTERM')
      await server?.ended
      await processesLeftWith(folder, 15_000)
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
