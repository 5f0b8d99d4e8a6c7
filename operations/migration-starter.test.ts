import type { Client } from '@temporalio/client'
import { beforeAll, expect, test, vi } from 'vitest'
import { insertMigration } from '../db/journey-migrations.ts'
import type { MigrationStatus } from '../db/schema.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import { startMigrationStarter } from './migration-starter.ts'
import { publishJourney } from './publish-journey.ts'

describeOnEachDatabase('what starts migrations', (db) => {
  beforeAll(async () => {
    await ensureRuleBook({ db: db() })
    for (const duration of ['P1D', 'P2D'])
      await publishJourney(
        { db: db(), nowMs: Date.now },
        { keyId: null, note: null, definition: journey('welcome', { staleAfter: duration }) },
      )
    for (const [migrationId, status] of [
      ['m1', 'running'],
      ['m2', 'undoing'],
      ['m3', 'paused'],
    ] as const)
      await insert(migrationId, status)
  })
  const insert = (migrationId: string, status: MigrationStatus) =>
    db()
      .transaction()
      .execute(async (trx) => {
        await insertMigration(trx, {
          migrationId,
          journey: 'welcome',
          from: 1,
          to: 2,
          steps: {},
          resend: false,
          share: 1,
          perSecond: 1,
          createdAt: new Date(0),
          createdBy: null,
        })
        await trx
          .updateTable('migrations')
          .set({ status })
          .where('migration_id', '=', migrationId)
          .execute()
      })

  test('starts those under way again and again, until the engine is there; a wake-up tells at once', async () => {
    const calls: string[] = []
    let isAway = true
    const answer = (how: string) => async (_type: string, options: { workflowId: string }) => {
      if (isAway) throw new Error('The engine is away')
      calls.push(`${how} ${options.workflowId}`)
    }
    const client = {
      withDeadline: (_atMs: number, work: () => Promise<void>) => work(),
      workflow: { start: answer('start'), signalWithStart: answer('signal') },
    } as unknown as Client
    const onError = vi.fn<(error: unknown) => void>()
    const starter = startMigrationStarter({ db: db(), client, onError, everyMs: 10 })
    starter.wake('m1')
    await expect.poll(() => onError.mock.calls.length).toBeGreaterThan(2)
    expect(calls).toEqual([])

    isAway = false
    await expect.poll(() => calls).toContain('start migration/m2')
    starter.wake('m1')
    await expect.poll(() => calls).toContain('signal migration/m1')
    await starter.stop()
    expect(new Set(calls)).toEqual(
      new Set(['start migration/m1', 'start migration/m2', 'signal migration/m1']),
    )
  })
})
