import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { lockProfiles, type LockedProfile } from '../db/customer-profiles.ts'
import { insertEvents } from '../db/event-log.ts'
import type { Database } from '../db/schema.ts'
import { lockSurvivors } from '../db/survivors.ts'
import { insertSystemEvents, type SystemEvent } from '../db/system-events.ts'
import { currentFacts } from '../domain/customers/fact-change.ts'
import { DomainError, invariant } from '../domain/errors.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { JsonObject } from '../domain/json.ts'
import type { PublishedRules } from './published-rules.ts'

/** What a command appends to a customer's log, to be told to the actor in its turn. */
export interface LoggedCommand {
  readonly type: 'consent' | 'exit' | 'exclusion' | 'offer'
  readonly payload: JsonObject
  readonly occurredAtMs: number
  readonly receivedAtMs: number
  /** One that is in the log already is refused by the store. Default: a new one. */
  readonly messageId?: string
}

export interface LockedCustomer {
  readonly profile: LockedProfile
  readonly book: RuleBook
}

/**
 * The customer of a command, held against other writers until `trx` ends; the survivor of one who was
 * merged, perhaps in this instant: `profile.customerId` says whom the command is for. Takes its locks in
 * the order of ingest: first the book, then the customer.
 *
 * @throws {DomainError} `not_found`
 */
export async function lockCustomer(
  trx: Transaction<Database>,
  rules: PublishedRules,
  customerId: string,
): Promise<LockedCustomer> {
  const book = await rules.lockBook(trx)
  const survivor = (await lockSurvivors(trx, [customerId])).get(customerId) ?? customerId
  const [profile] = await lockProfiles(trx, [survivor])
  if (profile === undefined || profile.isErasing)
    throw new DomainError('not_found', 'There is no such customer')
  return { profile, book }
}

/**
 * Appends a command to the log of a locked customer: it always reaches the actor, in the order of
 * the log, and starts it where there is none. Answers its sequence number.
 */
export async function appendCommand(
  trx: Transaction<Database>,
  { profile, book }: LockedCustomer,
  command: LoggedCommand,
): Promise<number> {
  const { messageId = `${command.type}:${randomUUID()}` } = command
  const seqs = await insertEvents(trx, [
    {
      ...command,
      messageId,
      customerId: profile.customerId,
      name: null,
      properties: {},
      traits: null,
      context: null,
      facts: profile.unheard ? currentFacts(profile, book) : null,
      historical: false,
      status: 'pending',
    },
  ])
  const seq = seqs.get(messageId)
  invariant(seq !== undefined, 'a random message id is new')
  return seq
}

/**
 * Appends an event to the log of a locked customer; the actor hears of it where a rule names it. Answers
 * whether it is new: the same message id again changes nothing.
 */
export async function appendEvent(
  trx: Transaction<Database>,
  { profile, book }: LockedCustomer,
  event: SystemEvent,
): Promise<boolean> {
  const fresh = await insertSystemEvents(trx, book, [{ profile, ...event }])
  return fresh.has(event.messageId)
}
