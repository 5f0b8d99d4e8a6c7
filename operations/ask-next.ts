import {
  QueryNotRegisteredError,
  ServiceError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client'
import type { Kysely } from 'kysely'
import { findAddressee, findAskedCustomer } from '../db/asked-customers.ts'
import { listOpenExclusions, type ExclusionRow } from '../db/exclusions.ts'
import { listVersionsByHash } from '../db/journey-versions.ts'
import type { Database } from '../db/schema.ts'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import { offerFindings } from '../domain/actor/offer-findings.ts'
import { newCustomer, upgrade } from '../domain/actor/new-customer.ts'
import {
  whatNext,
  type NextAnswer,
  type NextQuestion,
  type RankedOffer,
} from '../domain/actor/what-next.ts'
import type { Exclusion } from '../domain/contact/policy.ts'
import { currentFacts } from '../domain/customers/fact-change.ts'
import { changeFacts } from '../domain/customers/facts.ts'
import { liveTermsOf } from '../domain/decisioning/live-version.ts'
import { DomainError, invariant } from '../domain/errors.ts'
import { compileRun } from '../domain/journeys/compile.ts'
import { REQUEST_EVENT } from '../domain/journeys/requested-entry.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import { askNext as nextQuery, customerWorkflowId } from '../workflows/customer-messages.ts'
import type { PublishedRules } from './published-rules.ts'

/** A screen does not wait longer for an actor; what SQL knows is better than nothing. */
const PATIENCE_MS = 2_000

export interface AskNextDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  readonly client: () => Client
  /** Real time, epoch milliseconds. */
  readonly now: () => number
}

export interface AskedNext extends NextAnswer {
  /** The customer's now. */
  readonly atMs: number
  readonly source: 'actor' | 'snapshot'
  /** How new the state is that was judged. Null: nothing has been heard of the customer yet. */
  readonly asOfMs: number | null
}

/**
 * What could be done with a customer now, by the rules in force. The actor answers by a query, which
 * leaves no trace in its history. Where it sleeps, does not run or cannot be reached, the same is judged on
 * its last snapshot with the traits, consents and exclusions that SQL has. Changes nothing.
 *
 * @throws {DomainError} `not_found`; `unacceptable`: an offer that cannot be judged
 */
export async function askNext(
  { db, rules, client, now }: AskNextDeps,
  { customerId, offers }: { readonly customerId: string; readonly offers: readonly RankedOffer[] },
): Promise<AskedNext> {
  const [{ book, entryRules }, addressee] = await Promise.all([
    rules.getRules(db),
    findAddressee(db, customerId),
  ])
  if (addressee === undefined) throw new DomainError('not_found', 'There is no such customer')
  const findings = offerFindings(offers, book)
  if (findings.length > 0)
    throw new DomainError('unacceptable', 'These offers cannot be judged.', findings)
  const atMs = now() + addressee.offsetMs
  const question: NextQuestion = {
    atMs,
    offers,
    book,
    onRequest: entryRules[REQUEST_EVENT] ?? [],
    live: liveTermsOf(book, entryRules),
  }
  // The engine would answer for an actor that has ended, with what it knew then.
  const answer = addressee.isOpen ? await askActor(client(), customerId, question) : null
  if (answer !== null) return { ...answer, atMs, source: 'actor', asOfMs: atMs }
  return { ...(await judgeSnapshot(db, customerId, question)), atMs, source: 'snapshot' }
}

/** Null where no actor runs, or none can answer now. */
async function askActor(
  client: Client,
  customerId: string,
  question: NextQuestion,
): Promise<NextAnswer | null> {
  const actor = client.workflow.getHandle(customerWorkflowId(customerId))
  try {
    return await client.withDeadline(Date.now() + PATIENCE_MS, () =>
      actor.query(nextQuery, question),
    )
  } catch (error) {
    if (isNoAnswer(error)) return null
    throw error
  }
}

/** No actor, no engine, no worker, or a worker of an older release. */
const isNoAnswer = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError ||
  error instanceof QueryNotRegisteredError ||
  error instanceof ServiceError

async function judgeSnapshot(
  db: Kysely<Database>,
  customerId: string,
  question: NextQuestion,
): Promise<NextAnswer & { asOfMs: number | null }> {
  const { state, asOfMs } = await storedState(db, customerId, question)
  const versions = await listVersionsByHash(
    db,
    state.runs.map(({ hash }) => hash),
  )
  const definitions = Object.fromEntries(
    versions.map(({ journey, version, hash }) => [hash, compileRun(journey, version, hash)]),
  )
  return { ...whatNext(state, definitions, question), asOfMs }
}

/** What the actor last left behind, or a new customer; traits, consents and exclusions as they are now. */
async function storedState(
  db: Kysely<Database>,
  customerId: string,
  { atMs, book }: { readonly atMs: number; readonly book: RuleBook },
): Promise<{ state: CustomerState; asOfMs: number | null }> {
  const [stored, open] = await Promise.all([
    findAskedCustomer(db, customerId),
    listOpenExclusions(db, [customerId]),
  ])
  invariant(stored !== undefined, `customer ${customerId} was there a moment ago`)
  const { snapshot, consents, test, zone, known } = stored
  const left =
    snapshot === null ? newCustomer({ customerId, test, zone, known }, atMs) : upgrade(snapshot)
  const facts = changeFacts(left.facts, currentFacts(stored, book))
  return {
    state: { ...left, zone, facts, consents, exclusions: open.map(toExclusion) },
    asOfMs: snapshot === null ? null : Math.max(left.lifecycle.sinceMs, left.lastEventAtMs ?? 0),
  }
}

const toExclusion = ({
  since,
  inForceFrom,
  until,
  closed: _open,
  ...exclusion
}: ExclusionRow): Exclusion => ({
  ...exclusion,
  sinceMs: since.getTime(),
  fromMs: inForceFrom.getTime(),
  untilMs: until?.getTime() ?? null,
})
