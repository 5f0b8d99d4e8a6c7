import type { Kysely } from 'kysely'
import { listAudiencesInUse } from '../db/audiences.ts'
import { countDue } from '../db/retained-rows.ts'
import { getBookInForce } from '../db/rule-book-in-force.ts'
import { findFormulas } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import { countedEvents, countedFindings } from '../domain/retention/counted-events.ts'
import { planRetention } from '../domain/retention/retention-plan.ts'
import type { Deleted } from '../domain/retention/retention-run.ts'
import { checkRules } from '../domain/rule-documents.ts'

/**
 * How many rows a draft would delete, were it published now. Deletes nothing.
 *
 * Cost: a pass over all that can be deleted.
 *
 * @throws {DomainError} `unacceptable` with everything that is wrong with the draft
 */
export async function previewRetention(
  db: Kysely<Database>,
  { document, nowMs }: { readonly document: unknown; readonly nowMs: number },
): Promise<Deleted> {
  const { checked, findings } = checkRules('retention', document)
  const book = await getBookInForce(db)
  const counted = countedEvents(book, await listAudiencesInUse(db), await findFormulas(db))
  const draft = checked?.kind === 'retention' ? checked.document : null
  const all = [...findings, ...(draft === null ? [] : countedFindings(draft, counted))]
  if (draft === null || all.some(({ severity }) => severity === 'error'))
    throw new DomainError('unacceptable', 'This could not be published as it is.', all)
  return countDue(db, { plan: planRetention(draft, counted), nowMs })
}
