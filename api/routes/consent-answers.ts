import { z } from '@hono/zod-openapi'
import type { ConsentRequestRow } from '../../db/consent-requests.ts'
import type { ConsentHistoryRow, ConsentRow } from '../../db/consents.ts'
import type { ConsentText } from '../../db/consent-texts.ts'
import { standingOf } from '../../domain/customers/double-opt-in.ts'
import type { ConsentStatement } from '../../domain/customers/stricter-consent.ts'
import { toIso } from '../../domain/time.ts'
import { instant, jsonObject } from '../answers.ts'

const proof = z
  .union([z.string(), jsonObject])
  .nullable()
  .openapi({ description: 'What shows it: a few words, or what a system noted' })

const statementShape = {
  purpose: z.string(),
  channel: z.string(),
  granted: z.boolean(),
  at: instant,
  source: z.string(),
  proof,
  textVersion: z.string().nullable().openapi({
    description: 'Of the wording that was agreed to; see /v1/consent-texts/{version}',
  }),
}

/** A consent as it is in force. */
export const consentSchema = z.object(statementShape).openapi('Consent')

export const consentHistorySchema = z
  .object({ ...statementShape, recordedAt: instant })
  .openapi('ConsentStatement')

export const consentRequestSchema = z
  .object({
    requestId: z.string(),
    purpose: z.string(),
    channel: z.string(),
    textVersion: z.string(),
    source: z.string(),
    proof,
    status: z.enum(['open', 'confirmed', 'withdrawn', 'superseded', 'expired', 'readdressed']),
    requestedAt: instant,
    expiresAt: instant,
  })
  .openapi('ConsentRequest')

export const consentTextSchema = z
  .object({
    version: z.string(),
    locale: z.string(),
    wording: z.string(),
    hash: z.string().openapi({ description: 'SHA-256 of locale and wording' }),
    publishedAt: instant,
    publishedBy: z.string().nullable(),
  })
  .openapi('ConsentText')

export const toConsent = ({ at, ...row }: ConsentRow) => ({ ...row, at: at.toISOString() })

export const toConsentNow = (
  place: { readonly purpose: string; readonly channel: string },
  { atMs, ...statement }: ConsentStatement,
) => ({ ...place, ...statement, at: toIso(atMs) })

export const toConsentHistory = ({ historyId: _, at, recordedAt, ...row }: ConsentHistoryRow) => ({
  ...row,
  at: at.toISOString(),
  recordedAt: recordedAt.toISOString(),
})

/** How a request stands, for a customer who has this address and this clock. */
export const toConsentRequest = (
  { address, status, requestedAtMs, expiresAtMs, ...row }: ConsentRequestRow,
  customer: Parameters<typeof standingOf>[1],
) => ({
  ...row,
  status: standingOf({ address, status, expiresAtMs }, customer),
  requestedAt: toIso(requestedAtMs),
  expiresAt: toIso(expiresAtMs),
})

export const toConsentText = ({ publishedAt, ...text }: ConsentText) => ({
  ...text,
  publishedAt: publishedAt.toISOString(),
})
