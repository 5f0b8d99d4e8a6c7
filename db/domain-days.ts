import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

interface DomainDay {
  readonly domain: string
  readonly day: string
}

/** Mails that a domain has sent on a day, held against everybody else who counts until `trx` ends. */
export async function lockDomainDay(
  trx: Transaction<Database>,
  { domain, day }: DomainDay,
): Promise<number> {
  await trx
    .insertInto('domain_days')
    .values({ domain, day, sent: 0 })
    .onConflict((oc) => oc.columns(['domain', 'day']).doNothing())
    .execute()
  const { sent } = await trx
    .selectFrom('domain_days')
    .select('sent')
    .where('domain', '=', domain)
    .where('day', '=', day)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return sent
}

/** Counts a mail, or with -1 one that certainly did not go out. */
export async function countDomainDay(
  db: Kysely<Database>,
  { domain, day }: DomainDay,
  by: 1 | -1,
): Promise<void> {
  await db
    .updateTable('domain_days')
    .set({ sent: sql<number>`greatest(0, sent + ${by}::int)` })
    .where('domain', '=', domain)
    .where('day', '=', day)
    .execute()
}
