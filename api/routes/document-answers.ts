import { z } from '@hono/zod-openapi'
import type { DocumentRow, DocumentVersion } from '../../db/keyed-documents.ts'
import { findingSchema, instant, json, problems } from '../answers.ts'
import { textSchema } from '../inputs.ts'

/** The largest number that the store holds. */
export const VERSION_MAX = 2_147_483_647

/** What is said of a publication beside what is published. */
export const publicationQuery = z.strictObject({
  note: textSchema(1_000).optional(),
  base: z.coerce.number().int().min(0).max(VERSION_MAX).optional().openapi({
    description:
      'The version that you have seen as the latest, 0 for none: when another one has followed it, nothing is published. Default: whatever was published before this request came in',
  }),
})

/** What a check of a draft comes to. */
export const verdictAnswers = {
  200: json(z.object({ ok: z.boolean(), findings: z.array(findingSchema) }), 'The verdict'),
  ...problems(400, 413, 415),
}

/** A version of a document that stands under a key. */
export const documentVersionSchema = <Document>(document: z.ZodType<Document>) =>
  z.object({
    key: z.string(),
    version: z.number().int(),
    hash: z.string(),
    note: z.string().nullable(),
    publishedAt: instant,
    publishedBy: z.string().nullable(),
    document,
  })

export const toDocumentVersion = <Document>(row: DocumentVersion<Document>) => ({
  key: row.key,
  version: row.version,
  hash: row.hash,
  note: row.note,
  publishedAt: row.publishedAt.toISOString(),
  publishedBy: row.publishedBy,
  document: row.document,
})

/** The same of the latest one, with what people call it. */
export const toDocument = <Document>(row: DocumentRow<Document>) => ({
  ...toDocumentVersion(row),
  title: row.title,
})
