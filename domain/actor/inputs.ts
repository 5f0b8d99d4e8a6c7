import type { ArbitrationAnswer } from '../decisioning/arbitration.ts'
import type { Exclusion } from '../contact/policy.ts'
import type { EntryRule, RunDefinition } from '../journeys/journey.ts'
import type { StepId } from '../journeys/values.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { Touchpoint } from '../touchpoints/touchpoint.ts'
import type { Contact, Exported } from './customer-state.ts'
import type { Offer } from './offers.ts'

/** Everything that can happen to a customer. */
export type Input =
  | { readonly type: 'batch'; readonly batch: EventBatch }
  | { readonly type: 'loaded'; readonly loaded: Loaded }
  | { readonly type: 'arbitrated'; readonly answer: ArbitrationAnswer }
  | {
      readonly type: 'sendOutcome'
      readonly deliveryId: string
      readonly attempt: number
      readonly outcome: SendOutcome
    }
  | {
      readonly type: 'callOutcome'
      readonly callId: string
      readonly attempt: number
      readonly outcome: CallOutcome
    }
  /** What the loser of a merge held is the winner's from now on. */
  | { readonly type: 'handedOver'; readonly mergeId: string }
  | { readonly type: 'cancelled'; readonly reason: string }

/**
 * What the dispatcher hands over. Its content and number are fixed in SQL before it is sent, so a
 * repeated delivery is the same batch.
 */
export interface EventBatch {
  /** 1, 2, 3 … per customer. */
  readonly n: number
  /** The rule book in force when the batch was fixed. */
  readonly bookHash: string
  /** Entry rules of live versions that these events could trigger. */
  readonly entryRules: readonly EntryRule[]
  readonly items: readonly BatchItem[]
}

/** One row of the event log, reduced to what rules name. `seq` stands for the caller's id, which may be personal. */
export type BatchItem =
  | ({
      readonly type: 'event'
      readonly seq: number
      readonly name: string
      readonly occurredAtMs: number
      readonly receivedAtMs: number
      readonly historical?: true
      readonly properties: JsonObject
      readonly facts?: FactChange
      /** For an event that a journey made: how many of them led to it one after the other. */
      readonly depth?: number
    } & Touchpoint)
  | {
      readonly type: 'facts'
      readonly seq: number
      readonly receivedAtMs: number
      readonly facts: FactChange
      /** Who tells it: an import, or the system when other rules are in force. Absent: what the customer did. */
      readonly from?: 'import' | 'rules'
    }
  | {
      readonly type: 'consent'
      readonly seq: number
      readonly receivedAtMs: number
      readonly purpose: string
      readonly channel: string
      readonly granted: boolean
    }
  | {
      readonly type: 'exit'
      readonly seq: number
      readonly receivedAtMs: number
      readonly journey: string | null
      /** Only runs of this version. */
      readonly version?: number
      readonly reason: string
    }
  | MigrateItem
  | {
      /** Opened by hand, or closed by hand; those of rules follow from events. */
      readonly type: 'exclusion'
      readonly seq: number
      readonly receivedAtMs: number
      readonly change: 'open'
      readonly exclusion: Exclusion
    }
  | {
      readonly type: 'exclusion'
      readonly seq: number
      readonly receivedAtMs: number
      readonly change: 'close'
      readonly exclusionId: string
    }
  | {
      /** An offer is about to be shown: it counts for caps where the gate lets it pass. */
      readonly type: 'offer'
      readonly seq: number
      readonly receivedAtMs: number
      readonly offer: Offer
    }
  | {
      /** A parked send may go on: it is judged anew. Null: all of them. */
      readonly type: 'release'
      readonly seq: number
      readonly receivedAtMs: number
      readonly deliveryId: string | null
      readonly reason: string
    }
  | {
      /** This customer becomes part of another: the last that its actor hears. */
      readonly type: 'leave'
      readonly seq: number
      readonly receivedAtMs: number
      readonly mergeId: string
      readonly into: string
    }
  | {
      /** Another customer has become part of this one. `from` is empty where it had no actor. */
      readonly type: 'absorb'
      readonly seq: number
      readonly receivedAtMs: number
      readonly mergeId: string
      readonly from: Partial<Exported>
    }
  | ({
      readonly type: 'outcome'
      readonly seq: number
      readonly receivedAtMs: number
    } & ForwardedOutcome)

/** What became of a send or a call that was under way when its customer became part of another. */
export type ForwardedOutcome = { readonly key: string; readonly attempt: number } & (
  | { readonly kind: 'send'; readonly outcome: SendOutcome }
  | { readonly kind: 'call'; readonly outcome: CallOutcome }
)

/** A plan's word to one run: move from where you stand, or come back. */
export type MigrateItem = {
  readonly type: 'migrate'
  readonly seq: number
  readonly receivedAtMs: number
  readonly migrationId: string
  readonly runId: string
} & (
  | {
      readonly change: 'move'
      readonly fromVersion: number
      readonly version: number
      readonly hash: string
      /** The step it was judged for; a run that stands elsewhere is asked anew. */
      readonly from: StepId
      /** A step of the new version; null: the run ends. */
      readonly to: StepId | null
    }
  | { readonly change: 'undo'; readonly version: number; readonly hash: string }
)

/** What an event changed about the customer, as far as rules read it. */
export interface FactChange {
  readonly traits?: Readonly<Record<string, JsonValue>>
  readonly has?: Readonly<Record<string, boolean>>
  /** Null: there is no such date any more, or none that can be read. */
  readonly dates?: Readonly<Record<string, string | null>>
  readonly known?: true
  readonly zone?: string
}

/** The answer to a `LoadRequest`: counters and facts only for the names whose `since` differed. */
export interface Loaded {
  readonly book: RuleBook | null
  readonly definitions: readonly RunDefinition[]
  readonly events: Readonly<Record<string, LoadedCounter>>
  readonly traits: Readonly<Record<string, JsonValue>>
  readonly has: Readonly<Record<string, boolean>>
  readonly dates?: Readonly<Record<string, string>>
  /** Filled where `Order Refunded` was missing; any order, an id may stand there more than once. */
  readonly returned: readonly string[]
  /** `occurredAt` of each of `returned`, in the same order. */
  readonly returnedAtMs: readonly number[]
  /** The merge for which it was asked. Absent: none. */
  readonly unites?: string
  /** What went out that rules of fatigue count and the actor has not been told of. Absent: nothing. */
  readonly contacts?: readonly Contact[]
}

export interface LoadedCounter {
  readonly total: number
  readonly recentMs: readonly number[]
  /** Sum of the purchase property, minor units; 0 where the event is not the purchase. */
  readonly valueMinor: number
}

/**
 * What became of one try of a send. `unknown`: over a channel that takes no idempotency key, a try
 * died in the conversation; nobody can say whether the message went out. `withdrawn`: the actor took
 * it back before it started.
 */
export type SendOutcome =
  | { readonly type: 'sent'; readonly atMs: number; readonly providerId: string | null }
  | { readonly type: 'muted' }
  | { readonly type: 'unknown'; readonly reason: string }
  | ((
      | { readonly type: 'refused'; readonly reason: string }
      | { readonly type: 'dropped'; readonly reason: string }
      | { readonly type: 'retryAt'; readonly atMs: number; readonly reason: string }
      | { readonly type: 'withdrawn' }
      /** Contact rules forbid it now. Null: until something changes. */
      | { readonly type: 'held'; readonly untilMs: number | null; readonly reason: string }
      /** Stopped by people, or something scarce is used up: until it is released. */
      | { readonly type: 'parked'; readonly reason: string }
      /** Another contact policy is in force: load this book and judge again. */
      | { readonly type: 'stale'; readonly bookHash: string }
    ) & {
      /** This try, or one before it, may have gone out; a repeat is dropped. Absent: certainly not. */
      readonly inDoubt?: true
    })

/** What became of one try of a webhook step. `answer` is reduced to what the version reads of it. */
export type CallOutcome =
  | { readonly type: 'answered'; readonly atMs: number; readonly answer: JsonValue }
  | { readonly type: 'refused'; readonly reason: string; readonly answer: JsonValue | null }
  | { readonly type: 'retryAt'; readonly atMs: number; readonly reason: string }
