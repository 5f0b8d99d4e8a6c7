import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { insertConsentText, type ConsentText } from '../db/consent-texts.ts'
import type { Database } from '../db/schema.ts'
import { DomainError, invariant } from '../domain/errors.ts'
import { contentHash } from './content-hash.ts'
import { requireText } from './require-text.ts'

export interface ConsentTextInput {
  readonly version: string
  readonly locale: string
  readonly wording: string
  readonly keyId: string
}

/**
 * Keeps a wording for good, so that what people agreed to can be shown whenever somebody asks. The
 * same once more changes nothing.
 *
 * @throws {DomainError} `conflict`: there is another wording of that version
 */
export async function publishConsentText(
  { db, now }: { readonly db: Kysely<Database>; readonly now: () => number },
  { version, locale, wording, keyId }: ConsentTextInput,
): Promise<ConsentText> {
  const hash = contentHash({ locale, wording })
  return db.transaction().execute(async (trx) => {
    const publishedAt = new Date(now())
    const text = { version, locale, wording, hash, publishedAt, publishedBy: keyId }
    if (await insertConsentText(trx, text)) {
      await recordCommand(trx, {
        keyId,
        action: 'consent-text.publish',
        target: `consent-text/${version}`,
        before: null,
        after: { locale, hash },
      })
      return text
    }
    const stored = await requireText(trx, version)
    invariant(stored.version === version, 'a text that could not be inserted is there')
    if (stored.hash === hash) return stored
    throw new DomainError(
      'conflict',
      `The text "${version}" says something else. People may have agreed to it, so it stays: publish a new version.`,
    )
  })
}
