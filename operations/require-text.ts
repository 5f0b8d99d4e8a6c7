import type { Kysely } from 'kysely'
import { findConsentText, type ConsentText } from '../db/consent-texts.ts'
import type { Database } from '../db/schema.ts'
import { DomainError, type Finding } from '../domain/errors.ts'

/**
 * The text of a version that a caller names, so that what is agreed to can always be shown.
 *
 * @throws {DomainError} `unacceptable`
 */
export async function requireText(db: Kysely<Database>, version: string): Promise<ConsentText> {
  const text = await findConsentText(db, version)
  if (text === undefined)
    throw new DomainError('unacceptable', 'Nobody has published this text.', [unknownText(version)])
  return text
}

/** What is wrong with a version that nobody has published. */
export const unknownText = (version: string): Finding => ({
  code: 'unknown_text',
  path: '/textVersion',
  message: `There is no text "${version}"; publish it with PUT /v1/consent-texts/${encodeURIComponent(version)}.`,
  severity: 'error',
})
