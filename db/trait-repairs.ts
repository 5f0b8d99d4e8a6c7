import { sql, type Kysely, type Transaction } from 'kysely'
import type { TraitChange } from '../domain/customers/repair.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { jsonRows } from './json-rows.ts'
import { IS_PERSON } from './people.ts'
import type { Database } from './schema.ts'

/** A change of one customer's trait, and the finding that it answers. */
export interface Repair extends TraitChange {
  readonly customerId: string
  readonly problem: string | null
}

export interface PersonTraits {
  readonly customerId: string
  readonly traits: JsonObject
}

/** Profiles of people by id, at most `limit` after the given one. */
export async function listProfiles(
  db: Kysely<Database>,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<PersonTraits[]> {
  return db
    .selectFrom('customers as c')
    .select(['c.customer_id as customerId', 'c.traits'])
    .where(IS_PERSON)
    .where('c.customer_id', '>', after ?? '')
    .orderBy('c.customer_id')
    .limit(limit)
    .execute()
}

/** Traits of these customers, by id. Those who are not there (any more) are missing. */
export async function findTraits(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<Map<string, JsonObject>> {
  if (customerIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('customers as c')
    .select(['c.customer_id as customerId', 'c.traits'])
    .where('c.customer_id', 'in', customerIds)
    .where('c.merged_into', 'is', null)
    .where('c.erasing_at', 'is', null)
    .execute()
  return new Map(rows.map(({ customerId, traits }) => [customerId, traits]))
}

/** The identity that an event about a customer can name: a user id before an anonymous one. */
export async function findSpeakers(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<Map<string, { readonly userId: string } | { readonly anonymousId: string }>> {
  if (customerIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('identities')
    .distinctOn('customer_id')
    .select(['customer_id as customerId', 'kind', 'value'])
    .where('customer_id', 'in', customerIds)
    .where('kind', 'in', ['user', 'anonymous'])
    .orderBy('customer_id')
    .orderBy('kind', 'desc')
    .orderBy('created_at')
    .orderBy('value')
    .execute()
  return new Map(
    rows.map(({ customerId, kind, value }) => [
      customerId,
      kind === 'user' ? { userId: value } : { anonymousId: value },
    ]),
  )
}

/** Keeps what a repair changes, before it does. */
export async function insertRepairs(
  trx: Transaction<Database>,
  repairId: string,
  repairs: readonly Repair[],
  at: Date,
): Promise<void> {
  await sql`
    insert into trait_repairs (repair_id, customer_id, trait, problem, before, after, repaired_at)
    select ${repairId}, r."customerId", r.trait, r.problem, r.before, r.after, ${at}
    from ${jsonRows(repairs, '"customerId" text, trait text, problem text, before jsonb, after jsonb')}
  `.execute(trx)
}

export interface StoredRepair {
  readonly customerId: string
  readonly trait: string
  readonly problem: string | null
  readonly before: JsonValue
  readonly after: JsonValue
  readonly undoneAt: Date | null
}

/** What a repair changed; empty where there is none of that id. */
export async function listRepairs(db: Kysely<Database>, repairId: string): Promise<StoredRepair[]> {
  return db
    .selectFrom('trait_repairs')
    .select(['customer_id as customerId', 'trait', 'problem', 'before', 'after'])
    .select('undone_at as undoneAt')
    .where('repair_id', '=', repairId)
    .orderBy('customer_id')
    .orderBy('trait')
    .execute()
}

/** Marks changes as undone, and opens the findings again that they had answered. */
export async function markUndone(
  trx: Transaction<Database>,
  repairId: string,
  undone: readonly Pick<StoredRepair, 'customerId' | 'trait' | 'problem'>[],
  at: Date,
): Promise<void> {
  const rows = () => jsonRows(undone, '"customerId" text, trait text, problem text')
  await sql`
    update trait_repairs t set undone_at = ${at} from ${rows()}
    where t.repair_id = ${repairId} and t.customer_id = r."customerId" and t.trait = r.trait
  `.execute(trx)
  await sql`
    update trait_findings f set status = 'open', settled_at = null from ${rows()}
    where f.customer_id = r."customerId" and f.problem = r.problem
      and (f.trait = r.trait or f.trait like r.trait || '.%')
  `.execute(trx)
}
