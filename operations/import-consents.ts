import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { findTextVersions } from '../db/consent-texts.ts'
import { listNamedCustomers } from '../db/customer-names.ts'
import type { Database } from '../db/schema.ts'
import { readConsentRow, type ConsentRow } from '../domain/customers/consent-row.ts'
import type { Finding } from '../domain/errors.ts'
import type { JsonValue } from '../domain/json.ts'
import { lockCustomer } from './append-command.ts'
import { contentHash } from './content-hash.ts'
import { recordConsent, type RecordedConsent } from './record-consent.ts'
import { unknownText } from './require-text.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

/** What became of one row. */
export type ImportedRow =
  | { readonly result: RecordedConsent['result'] }
  | { readonly result: 'refused'; readonly findings: readonly Finding[] }

interface ReadRow {
  readonly index: number
  readonly customerId: string
  readonly row: ConsentRow
  readonly importKey: string
}

/**
 * Records consents that another system knows of, each with its proof: good rows are kept, bad ones
 * refused with everything that is wrong with them. A row that was imported before, by its key or by
 * all that it says, changes nothing. Of a dry run nothing stays.
 *
 * One transaction for each customer: an outage in the middle leaves whole customers behind, and the
 * same import again does the rest.
 */
export async function importConsents(
  deps: CustomerCommandDeps,
  {
    rows,
    isDryRun,
    keyId,
  }: {
    readonly rows: readonly JsonValue[]
    readonly isDryRun: boolean
    readonly keyId: string
  },
): Promise<ImportedRow[]> {
  const { good, answers } = await readRows(deps, rows)
  for (const [customerId, theirs] of byCustomer(good)) {
    const results = await recordRows(deps, customerId, { rows: theirs, isDryRun, keyId })
    for (const [place, { index }] of theirs.entries())
      answers[index] = { result: results[place] ?? 'repeated' }
  }
  if (!isDryRun) deps.onPending([...new Set(good.map(({ customerId }) => customerId))])
  return answers
}

async function recordRows(
  deps: CustomerCommandDeps,
  customerId: string,
  {
    rows,
    isDryRun,
    keyId,
  }: { readonly rows: readonly ReadRow[]; readonly isDryRun: boolean; readonly keyId: string },
): Promise<RecordedConsent['result'][]> {
  const results: RecordedConsent['result'][] = []
  const work = deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, customerId)
    const receivedAtMs = deps.now() + customer.profile.clockOffsetMs
    for (const { row, importKey } of rows) {
      const { customer: _, key: __, ...said } = row
      const recorded = await recordConsent(trx, customer, said, { receivedAtMs, importKey })
      results.push(recorded.result)
    }
    if (results.some((result) => result !== 'repeated'))
      await recordCommand(trx, {
        keyId,
        action: 'consent.import',
        target: `customer/${customer.profile.customerId}`,
        before: null,
        after: { rows: rows.length },
      })
    if (isDryRun) throw new DryRunError()
  })
  await work.catch((error: unknown) => {
    if (!(error instanceof DryRunError)) throw error
  })
  return results
}

/** Takes back all that a dry run has done. */
class DryRunError extends Error {
  override readonly name = 'DryRunError'
}

async function readRows(
  { db, now }: CustomerCommandDeps,
  rows: readonly JsonValue[],
): Promise<{ good: ReadRow[]; answers: ImportedRow[] }> {
  const nowMs = now()
  const reads = rows.map((value) => readConsentRow(value, nowMs))
  const versions = reads.flatMap(({ row }) => row?.textVersion ?? [])
  const texts = await findTextVersions(db, [...new Set(versions)])
  const findOnce = customerFinder(db)
  const good: ReadRow[] = []
  const answers: ImportedRow[] = []
  for (const [index, { row, findings }] of reads.entries()) {
    if (row === null) {
      answers[index] = { result: 'refused', findings }
      continue
    }
    const { customerId, findings: unknown } = await findOnce(row.customer)
    const { textVersion } = row
    const refusals = [
      ...unknown,
      ...(textVersion === null || texts.has(textVersion) ? [] : [unknownText(textVersion)]),
    ]
    if (customerId === null || refusals.length > 0)
      answers[index] = { result: 'refused', findings: refusals }
    else good.push({ index, customerId, row, importKey: importKeyOf(row, rows[index] ?? null) })
  }
  return { good, answers }
}

/** By the caller's own key, else by all that the row says. */
const importKeyOf = ({ key, customer, purpose, channel }: ConsentRow, row: JsonValue): string =>
  contentHash(key === null ? row : { key, customer, purpose, channel })

function customerFinder(db: Kysely<Database>) {
  const found = new Map<string, Awaited<ReturnType<typeof findCustomer>>>()
  return async (name: string) => {
    const known = found.get(name) ?? (await findCustomer(db, name))
    found.set(name, known)
    return known
  }
}

async function findCustomer(
  db: Kysely<Database>,
  name: string,
): Promise<{ readonly customerId: string | null; readonly findings: readonly Finding[] }> {
  const ids = [...new Set((await listNamedCustomers(db, name)).map((each) => each.customerId))]
  const [customerId = null] = ids
  if (ids.length === 1) return { customerId, findings: [] }
  const [code, message] =
    customerId === null
      ? ['unknown_customer', 'There is no customer with this id or identity.']
      : ['ambiguous_identity', 'Several customers have this identity; say its kind: user:42.']
  return { customerId: null, findings: [{ code, path: '/customer', message, severity: 'error' }] }
}

function byCustomer(rows: readonly ReadRow[]): Map<string, ReadRow[]> {
  const all = new Map<string, ReadRow[]>()
  for (const row of rows) all.set(row.customerId, [...(all.get(row.customerId) ?? []), row])
  return all
}
