import { sql, type Transaction } from 'kysely'
import type { TraitFinding } from '../domain/customers/clean-traits.ts'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/** What one event said about a customer, as far as it was judged. */
export interface JudgedTraits {
  readonly customerId: string
  readonly findings: readonly TraitFinding[]
  /** Traits that are good now. */
  readonly settled: readonly string[]
  readonly source: string
  readonly atMs: number
}

/**
 * Keeps what is wrong with said traits, newest last: a good value settles what was held against its
 * trait before, a bad one takes the place of one that was bad in the same way.
 *
 * The caller holds the customers' locks. Cost: two statements at most, however many events.
 */
export async function writeJudgedTraits(
  trx: Transaction<Database>,
  judged: readonly JudgedTraits[],
): Promise<void> {
  // By trait, so that of several events the last decides.
  const settled = new Map<string, { customerId: string; trait: string; atMs: number }>()
  const found = new Map<string, Map<string, FoundRow>>()
  for (const { customerId, findings, settled: good, source, atMs } of judged) {
    for (const trait of good) {
      const key = JSON.stringify([customerId, trait])
      settled.set(key, { customerId, trait, atMs })
      found.delete(key)
    }
    for (const finding of findings) {
      const key = JSON.stringify([customerId, finding.trait])
      const others = found.get(key) ?? new Map<string, FoundRow>()
      found.set(key, others.set(finding.problem, { ...finding, customerId, source, atMs }))
    }
  }
  if (settled.size > 0) await settle(trx, [...settled.values()])
  const rows = [...found.values()].flatMap((each) => [...each.values()])
  if (rows.length > 0) await insert(trx, rows)
}

/** The problem of an id that leads to somebody else. */
export const IDENTITY_TAKEN = 'identity_taken'

/**
 * Has the winner of a merge hold what is open about the loser's traits; where both hold the same against
 * one, the winner's own stays. That an id leads to somebody else is over, where it was the other of the two;
 * where not, the next event with it says so again.
 */
export async function takeOverFindings(
  trx: Transaction<Database>,
  { loser, winner, at }: { readonly loser: string; readonly winner: string; readonly at: Date },
): Promise<void> {
  await sql`
    update trait_findings set status = 'settled', settled_at = ${at}
    where customer_id in (${loser}, ${winner}) and problem = ${IDENTITY_TAKEN}
      and status = 'open'`.execute(trx)
  await sql`
    update trait_findings f set customer_id = ${winner}
    where f.customer_id = ${loser} and f.status = 'open' and not exists (
      select from trait_findings own
      where own.customer_id = ${winner} and own.trait = f.trait and own.problem = f.problem)`.execute(
    trx,
  )
  await sql`
    update trait_findings set status = 'settled', settled_at = ${at}
    where customer_id = ${loser} and status = 'open'`.execute(trx)
}

/** What is said over and over is noted so often: a caller that repeats it with every event costs no row each time. */
const SAID_AGAIN = 'PT1H'

type FoundRow = TraitFinding & Pick<JudgedTraits, 'customerId' | 'source' | 'atMs'>

async function settle(
  trx: Transaction<Database>,
  rows: readonly { customerId: string; trait: string; atMs: number }[],
): Promise<void> {
  await sql`
    update trait_findings f set status = 'settled', settled_at = to_timestamp(r."atMs" / 1000.0)
    from ${jsonRows(rows, '"customerId" text, trait text, "atMs" float8')}
    where f.customer_id = r."customerId" and f.trait = r.trait and f.status = 'open'
  `.execute(trx)
}

async function insert(trx: Transaction<Database>, rows: readonly FoundRow[]): Promise<void> {
  await sql`
    insert into trait_findings as f
      (customer_id, trait, problem, kind, value, suggestion, source, said_at)
    select r."customerId", r.trait, r.problem, r.kind, r.value, r.suggestion, r.source,
      to_timestamp(r."atMs" / 1000.0)
    from ${jsonRows(rows, COLUMNS)}
    on conflict (customer_id, trait, problem) do update set kind = excluded.kind,
      value = excluded.value, suggestion = excluded.suggestion, source = excluded.source,
      said_at = excluded.said_at, status = 'open', settled_at = null
    where (f.status, f.kind, f.value, f.suggestion, f.source)
        is distinct from ('open', excluded.kind, excluded.value, excluded.suggestion, excluded.source)
      or excluded.said_at - f.said_at > ${SAID_AGAIN}::interval
  `.execute(trx)
}

const COLUMNS = `"customerId" text, trait text, problem text, kind text, value jsonb,
  suggestion text, source text, "atMs" float8`
