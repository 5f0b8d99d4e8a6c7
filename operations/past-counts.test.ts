import { beforeAll, expect, test } from 'vitest'
import { addPlanCounts, ALL } from '../db/plan-counts.ts'
import { addTouchpointCounts } from '../db/touchpoint-counts.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { COUNTS_KEPT_DAYS, REMEMBERED_DAYS, REPORT_DAYS_MAX } from './count-days.ts'
import { reportTouchpoints } from './report-touchpoints.ts'
import { startSweeper } from './sweeper.ts'

const NOW_MS = Date.parse('2026-03-01T00:00:00Z')
const DAY_MS = 86_400_000

describeOnEachDatabase('counts by the day', (db) => {
  beforeAll(() => putInForce(db(), {}))
  const sweep = () =>
    startSweeper({
      db: db(),
      dispatcher: { wake: () => {}, hasRoom: () => true },
      onError: (error) => {
        throw error
      },
      everyMs: 3_600_000,
      now: () => NOW_MS,
    }).stop()
  const daysLeft = async (table: 'plan_counts' | 'touchpoint_counts' | 'feedback_counts') =>
    (await db().selectFrom(table).select('day').execute())
      .map(({ day }) => Math.round((NOW_MS - Date.parse(day)) / DAY_MS))
      .toSorted((one, other) => one - other)

  test('stay while a report looks at them, and then go', async () => {
    const ages = [0, REPORT_DAYS_MAX, REMEMBERED_DAYS, COUNTS_KEPT_DAYS, COUNTS_KEPT_DAYS + 1, 400]
    await db()
      .transaction()
      .execute(async (trx) => {
        for (const age of ages) {
          const atMs = NOW_MS - age * DAY_MS
          const counted = { source: 'shop', atMs, count: 1, refused: 0, seq: null }
          await addPlanCounts(trx, 1, [
            { kind: 'event', name: 'Viewed', finding: ALL, message: null, ...counted },
          ])
          const from = { source: 'shop', channel: 'web', event: 'Viewed', atMs }
          await addTouchpointCounts(trx, 1, [from])
          await trx
            .insertInto('feedback_counts')
            .values({
              day: new Date(atMs).toISOString().slice(0, 10),
              source: 'shop',
              kind: 'bounce',
              verdict: 'taken',
              count: 1,
            })
            .execute()
        }
      })
    const report = () => reportTouchpoints(db(), { nowMs: NOW_MS, days: REPORT_DAYS_MAX })
    const before = await report()
    await sweep()
    const kept = [0, REPORT_DAYS_MAX, REMEMBERED_DAYS, COUNTS_KEPT_DAYS]
    expect(await daysLeft('plan_counts')).toEqual(kept)
    expect(await daysLeft('touchpoint_counts')).toEqual(kept)
    expect(await daysLeft('feedback_counts')).toEqual(kept)
    expect(await report()).toEqual(before)
    expect(before[0]?.count).toBeGreaterThan(0)
  })
})
