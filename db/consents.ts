import { sql, type Kysely, type Transaction } from 'kysely'
import type { ConsentProof, ConsentStatement } from '../domain/customers/stricter-consent.ts'
import { jsonText } from './json-rows.ts'
import { withMerged } from './merged-customers.ts'
import type { Database } from './schema.ts'

export interface ConsentKey {
  readonly customerId: string
  readonly purpose: string
  readonly channel: string
}

/** A statement as people see it. */
export interface ConsentRow extends Omit<ConsentStatement, 'atMs'> {
  readonly purpose: string
  readonly channel: string
  readonly at: Date
}

export interface ConsentHistoryRow extends ConsentRow {
  readonly historyId: number
  /** Real time, also for a test customer. */
  readonly recordedAt: Date
}

export type ConsentPlace = Pick<ConsentHistoryRow, 'at' | 'historyId'>

/** What shows it, in a few words or in several members. */
export const PROOF = sql<ConsentProof | null>`coalesce(evidence, to_jsonb(proof))`

/** The consent in force; undefined when nothing was ever recorded, which means no. */
export async function findConsent(
  trx: Transaction<Database>,
  { customerId, purpose, channel }: ConsentKey,
): Promise<ConsentStatement | undefined> {
  const row = await trx
    .selectFrom('consents')
    .select(['granted', 'at', 'source', 'text_version as textVersion', PROOF.as('proof')])
    .where('customer_id', '=', customerId)
    .where('purpose', '=', purpose)
    .where('channel', '=', channel)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { at, ...rest } = row
  return { ...rest, atMs: at.getTime() }
}

/** Puts a consent in force. */
export async function upsertConsent(
  trx: Transaction<Database>,
  key: ConsentKey,
  statement: ConsentStatement,
): Promise<void> {
  await trx
    .insertInto('consents')
    .values(columnsOf(key, statement))
    .onConflict((oc) =>
      oc.columns(['customer_id', 'purpose', 'channel']).doUpdateSet((eb) => ({
        granted: eb.ref('excluded.granted'),
        at: eb.ref('excluded.at'),
        source: eb.ref('excluded.source'),
        proof: eb.ref('excluded.proof'),
        evidence: eb.ref('excluded.evidence'),
        text_version: eb.ref('excluded.text_version'),
      })),
    )
    .execute()
}

/**
 * Keeps a statement for good, whether it is in force or not. False where a row with the same
 * `importKey` is there already, and then nothing is kept.
 */
export async function appendConsentHistory(
  trx: Transaction<Database>,
  key: ConsentKey,
  { statement, importKey }: { statement: ConsentStatement; importKey: string | null },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('consent_history')
    .values({ ...columnsOf(key, statement), import_key: importKey })
    .onConflict((oc) => oc.column('import_key').where('import_key', 'is not', null).doNothing())
    .executeTakeFirstOrThrow()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** All that is in force for a customer, by purpose and channel. */
export async function listConsents(
  db: Kysely<Database>,
  customerId: string,
): Promise<ConsentRow[]> {
  return db
    .selectFrom('consents')
    .select(['purpose', 'channel', 'granted', 'at', 'source', 'text_version as textVersion'])
    .select(PROOF.as('proof'))
    .where('customer_id', '=', customerId)
    .orderBy('purpose')
    .orderBy('channel')
    .execute()
}

/** At most `limit` statements of a customer, and of those who were merged into them, the latest first. */
export async function listConsentHistory(
  db: Kysely<Database>,
  {
    customerId,
    limit,
    after,
  }: {
    readonly customerId: string
    readonly limit: number
    readonly after: ConsentPlace | undefined
  },
): Promise<ConsentHistoryRow[]> {
  return db
    .selectFrom('consent_history')
    .select(['purpose', 'channel', 'granted', 'at', 'source', 'text_version as textVersion'])
    .select([PROOF.as('proof'), 'history_id as historyId', 'recorded_at as recordedAt'])
    .where('customer_id', 'in', withMerged(db, customerId))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(at, history_id) < (${after?.at}::timestamptz, ${after?.historyId}::bigint)`,
      ),
    )
    .orderBy('at', 'desc')
    .orderBy('history_id', 'desc')
    .limit(limit)
    .execute()
}

const columnsOf = (
  { customerId, purpose, channel }: ConsentKey,
  { granted, atMs, source, proof, textVersion }: ConsentStatement,
) => ({
  customer_id: customerId,
  purpose,
  channel,
  granted,
  at: new Date(atMs),
  source,
  ...(typeof proof === 'string' || proof === null
    ? { proof, evidence: null }
    : { proof: null, evidence: jsonText(proof) }),
  text_version: textVersion,
})
