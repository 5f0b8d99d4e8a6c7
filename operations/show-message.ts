import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import { findTestReader } from '../db/test-readers.ts'
import { DomainError } from '../domain/errors.ts'
import { localeOf } from '../domain/journeys/message-contents.ts'
import type { JsonObject } from '../domain/json.ts'
import { messageOf, type LibraryMessage } from '../domain/library/library-message.ts'
import { previewMessage, type ChannelPreview } from '../domain/library/preview-message.ts'
import { messageScope } from '../domain/message-scope.ts'
import { SIMULATED_LINK } from '../domain/simulated-sends.ts'

export interface ShowMessageInput {
  readonly message: LibraryMessage
  /** A test customer: nobody reads real ones through a draft. */
  readonly customerId?: string | undefined
  /** Of a customer who is made up. */
  readonly traits?: JsonObject | undefined
  readonly locale?: string | undefined
  readonly event?: { readonly name: string; readonly properties: JsonObject } | undefined
  readonly counts?: Readonly<Record<string, number>> | undefined
}

export interface ShownMessage {
  readonly locale: string | null
  readonly channels: readonly ChannelPreview[]
}

/**
 * What would go out of a message, with links that lead nowhere.
 *
 * @throws {DomainError} `not_found`; `unacceptable` for a customer who is none for tests
 */
export async function showMessage(
  { db, now }: { readonly db: Kysely<Database>; readonly now: () => number },
  { message, customerId, traits, locale, event, counts = {} }: ShowMessageInput,
): Promise<ShownMessage> {
  if (customerId !== undefined && traits !== undefined)
    throw new DomainError(
      'unacceptable',
      'Name a test customer, or give traits of one who is none.',
    )
  const reader = customerId === undefined ? null : await testReader(db, customerId)
  const facts = {
    traits: reader?.traits ?? traits ?? {},
    zone: reader?.zone ?? 'UTC',
    consents: reader?.consents ?? [],
    entryProperties: event?.properties ?? {},
  }
  const nowMs = now()
  const read = locale ?? localeOf(facts.traits)
  const scope = messageScope(
    {
      entry: {
        name: event?.name ?? 'Preview',
        properties: facts.entryProperties,
        occurredAtMs: nowMs,
        receivedAtMs: nowMs,
      },
      lifecycle: reader?.lifecycle ?? 'new',
      counts,
      nowMs,
    },
    facts,
    { unsubscribeUrl: SIMULATED_LINK, confirmUrl: SIMULATED_LINK },
  )
  const channels = previewMessage(messageOf(message), scope, {
    traits: facts.traits,
    devices: reader?.devices ?? [],
    locale: read,
  })
  return { locale: read, channels }
}

async function testReader(db: Kysely<Database>, customerId: string) {
  const reader = await findTestReader(db, customerId)
  if (reader === undefined)
    throw new DomainError('not_found', `There is no customer "${customerId}".`)
  if (!reader.test)
    throw new DomainError(
      'unacceptable',
      `"${customerId}" is not a test customer, and only those are shown messages; make one, or give traits.`,
    )
  return reader
}
