import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

/** A wording that people agree to. */
export interface ConsentText {
  readonly version: string
  /** The language that it is written in, such as `es` or `pt-BR`. */
  readonly locale: string
  readonly wording: string
  readonly hash: string
  readonly publishedAt: Date
  readonly publishedBy: string | null
}

export async function findConsentText(
  db: Kysely<Database>,
  version: string,
): Promise<ConsentText | undefined> {
  return texts(db).where('version', '=', version).executeTakeFirst()
}

/** Which of these versions there are. */
export async function findTextVersions(
  db: Kysely<Database>,
  versions: readonly string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ version: string }>`
    select version from consent_texts where version = any(${versions}::text[])`.execute(db)
  return new Set(rows.map(({ version }) => version))
}

/** At most `limit` texts, by version, after the one named. */
export async function listConsentTexts(
  db: Kysely<Database>,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<ConsentText[]> {
  return texts(db)
    .$if(after !== undefined, (query) => query.where('version', '>', after ?? ''))
    .orderBy('version')
    .limit(limit)
    .execute()
}

/** Keeps a text for good. False where there is one of that version, which stays as it is. */
export async function insertConsentText(
  trx: Transaction<Database>,
  { version, locale, wording, hash, publishedAt, publishedBy }: ConsentText,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('consent_texts')
    .values({
      version,
      locale,
      wording,
      hash,
      published_at: publishedAt,
      published_by: publishedBy,
    })
    .onConflict((oc) => oc.column('version').doNothing())
    .executeTakeFirstOrThrow()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

const texts = (db: Kysely<Database>) =>
  db
    .selectFrom('consent_texts')
    .select(['version', 'locale', 'wording', 'hash'])
    .select(['published_at as publishedAt', 'published_by as publishedBy'])
