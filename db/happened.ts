import { sql, type Kysely } from 'kysely'
import type { HappenedFigures } from '../domain/backtest/report.ts'
import { isPart } from './recorded-customers.ts'
import type { Database } from './schema.ts'

/** What was really sent and entered in a window, of the customers of a sample. Test customers are left out. */
export async function countHappened(
  db: Kysely<Database>,
  { fromMs, toMs, sample }: { fromMs: number; toMs: number; sample: number },
): Promise<HappenedFigures> {
  const [from, to] = [new Date(fromMs), new Date(toMs)]
  const sent = await sql<HappenedFigures['sent'][number]>`
    select d.journey, d.channel, count(*)::int as count
    from deliveries d join customers c on c.customer_id = d.customer_id
    where d.status = 'sent' and d.at >= ${from} and d.at < ${to} and ${isPart(sample)}
    group by d.journey, d.channel order by d.journey collate "C", d.channel collate "C"
  `.execute(db)
  const entered = await sql<{ journey: string; count: number }>`
    select r.journey, count(*)::int as count
    from runs r join customers c on c.customer_id = r.customer_id
    where r.entered_at >= ${from} and r.entered_at < ${to} and ${isPart(sample)}
    group by r.journey order by r.journey collate "C"
  `.execute(db)
  return {
    sent: sent.rows,
    entered: Object.fromEntries(entered.rows.map(({ journey, count }) => [journey, count])),
  }
}
