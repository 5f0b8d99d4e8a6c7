import type { JsonObject, JsonValue } from '../json.ts'
import type { ArbitrationRequest, Barred, Cause } from '../decisioning/arbitration.ts'
import type { Exclusion, OnCap } from '../contact/policy.ts'
import type { EntryRule, Lane, LifecycleState, MessageClass } from '../journeys/journey.ts'
import type { ChannelName, SendWindow, StepId, Weekday } from '../journeys/values.ts'
import type { ScopeEvent } from '../conditions.ts'
import type { Touchpoint } from '../touchpoints/touchpoint.ts'
import type { Legacy } from './effects.ts'
import type { Input } from './inputs.ts'

export const STATE_VERSION = 3
/** Newest instants kept per counted event; the checker refuses a windowed count that needs more. */
export const INSTANTS_MAX = 64
/** Returned orders and products kept for `returned(id)`. */
export const RETURNED_MAX = 64
/** `perKey` values remembered per journey. */
export const ENTRY_KEYS_MAX = 32
export const DEFERRED_MAX = 10
/** Active and paused runs together. */
export const RUNS_MAX = 3
export const RECENT_DECISIONS_MAX = 5
export const HANDLED_MAX = 64
/** Arms of splits that are remembered; the oldest go first, and are drawn alike again. */
export const ARMS_MAX = 200
/** Merges that are remembered by their ids: hearing of one once more changes nothing. */
export const MERGES_MAX = 32
/** Runs of the service lane, active together. */
export const SERVICE_RUNS_MAX = 3
/** Cases kept apart; those beyond are held as one by each rule. */
export const EXCLUSIONS_MAX = 32
/** The oldest go first: what they closed can be opened again by an event that comes later still. */
export const CLOSINGS_MAX = 64
export const TALLIES_MAX = 128
/** More than any cap counts to, so that what is forgotten no longer matters. */
export const CONTACTS_MAX = 200
/** As JSON. What would make an actor larger does not start: its whole state travels at every continue-as-new. */
export const STATE_BYTES_MAX = 256 * 1024

/**
 * Everything an actor remembers. Plain JSON: it travels through continue-as-new, into SQL snapshots
 * and through a simulator. Holds no personal data: values of traits that conditions read, and for
 * all others at most whether they exist.
 */
export interface CustomerState {
  readonly v: typeof STATE_VERSION
  readonly customerId: string
  readonly test: boolean
  /** IANA zone by profile, else country; UTC where neither says. See `contact/customer-zone.ts`. */
  readonly zone: string
  /** A `user` identity or a registration is known. Until then the customer is a ghost. */
  readonly known: boolean
  readonly bookHash: string | null
  /** The newest book that the actor has heard of; loaded before anything else is handled. */
  readonly wantedBook: string | null
  /** Number of the last batch applied; a batch with another successor is ignored. */
  readonly lastBatch: number
  /** Counts turns that wrote a record: orders what SQL sees, and keys its rows. */
  readonly turn: number
  readonly facts: Facts
  /** purpose → channel → granted. What is not there was never recorded. */
  readonly consents: Readonly<Record<string, Readonly<Record<string, boolean>>>>
  /** The customer's group by the contact policy, as it was last written. Absent: none. */
  readonly group?: string
  /** Open ones, and those that are still to come into force. */
  readonly exclusions: readonly OpenExclusion[]
  /** Opening events of rules that count them, newest last. */
  readonly tallies: readonly Tally[]
  /** What was closed last of each case: what opened it before that, and is heard later, opens nothing. Absent: nothing. */
  readonly closings?: readonly Closing[]
  /** What counts for caps: sends that went out, may have gone out or are on their way. By instant. */
  readonly contacts: readonly Contact[]
  /** Of rules of fatigue what of the past is among these, as `pastOf` names it. Absent: of none. */
  readonly recalled?: readonly string[]
  readonly lifecycle: Lifecycle
  /** In the foreground at most one is active; the others are paused, or in the service lane. */
  readonly runs: readonly Run[]
  readonly deferred: readonly Deferred[]
  /** Per journey key, over all its versions. */
  readonly journeys: Readonly<Record<string, JourneyMemory>>
  /** Arms of splits, by salt, in the order they were drawn. */
  readonly arms: Readonly<Record<string, string>>
  /** Date triggers, by `<journey>/<place in entry.on>`. */
  readonly dates: Readonly<Record<string, ArmedDate>>
  /** Instants of automatic switches, newest last. */
  readonly autoSwitchesAtMs: readonly number[]
  readonly runCount: number
  readonly decisionCount: number
  /** What has to be decided, from the instant it arose until the answer is applied. */
  readonly pending: PendingDecision | null
  /** The one open arbitration. While it is open, inputs collect and due instants wait. */
  readonly arbitration: ArbitrationRequest | null
  /** The rules that must be loaded before anything else is handled. */
  readonly loading: LoadRequest | null
  readonly collected: readonly Input[]
  readonly recentDecisions: readonly DecisionNote[]
  /** Newest handled events, for read-your-own-event: `[seq, decisionId | null]`. */
  readonly handled: readonly (readonly [seq: number, decisionId: string | null])[]
  readonly lastEventAtMs: number | null
  /** Newest offers that somebody was about to show, for those who wait for the answer. Absent: none. */
  readonly offers?: readonly OfferOutcome[]
  /** It becomes part of another customer, and does nothing any more of its own. Absent: no. */
  readonly leaving?: Leaving
  /** The merge after which facts were last loaded anew, over the stored events of both. Absent: none. */
  readonly united?: string
  /** The newest merges that brought others into this customer. Absent: none. */
  readonly absorbed?: readonly string[]
}

/** A merge as its loser sees it. */
export interface Leaving {
  readonly mergeId: string
  readonly into: string
  /** What is being handed over; a restart hands over the same. Absent: it is done. */
  readonly legacy?: Legacy
  /** What it held is the other's: what is still under way is forwarded, and then it ends. */
  readonly isHandedOver?: true
}

/** What the loser of a merge held and the winner takes over. Facts are not in it: they are loaded from the stored events of both. */
export interface Exported extends Pick<
  CustomerState,
  | 'consents'
  | 'exclusions'
  | 'tallies'
  | 'closings'
  | 'contacts'
  | 'runs'
  | 'deferred'
  | 'journeys'
  | 'arms'
  | 'dates'
  | 'autoSwitchesAtMs'
  | 'recentDecisions'
  | 'handled'
  | 'lastEventAtMs'
> {
  /** Journeys that were triggered and not decided about. */
  readonly triggered: readonly Triggered[]
}

/** What the gate said of an offer. */
export interface OfferOutcome {
  readonly seq: number
  /** Null: it may be shown, and counts. */
  readonly refused: string | null
}

/** A message that counts for caps, from the verdict on; then from the instant that the channel took it. */
export interface Contact {
  /** The delivery's id; of an offer `offer:<id>:<number in the log>`. */
  readonly key: string
  readonly atMs: number
  readonly channel: string
  readonly class: MessageClass
  readonly journey: string
  /** The try whose outcome is still to come. Absent: it went out, or may have. */
  readonly open?: number
  /** When an earlier try may have gone out already. Absent: none. */
  readonly doubtAtMs?: number
}

/** An exclusion as the actor holds it. */
export interface OpenExclusion extends Exclusion {
  /** Absent: the rule tells no cases apart, or there is no rule. */
  readonly case?: string
  /** It has not come into force yet. */
  readonly awaited?: true
}

/** An event that a rule counts towards an exclusion. */
export interface Tally {
  readonly seq: number
  readonly rule: string
  /** The case, where the rule counts by one. */
  readonly case: string | null
  readonly atMs: number
}

/** The newest instant at which a case was closed. */
export interface Closing {
  readonly rule: string
  readonly case: string | null
  readonly atMs: number
}

export interface Facts {
  readonly traits: Readonly<Record<string, JsonValue>>
  readonly has: Readonly<Record<string, boolean>>
  /** Dates that triggers and waits reckon from, as `date-facts.ts` writes them. */
  readonly dates: Readonly<Record<string, string>>
  readonly counters: Readonly<Record<string, Counter>>
  /** Worth of all purchases in minor currency units: integers add up alike in any order. */
  readonly purchasedMinor: number
  /** Ids of returned orders and products, by the instant of their newest return, ascending. */
  readonly returned: readonly string[]
  /** The instants of `returned`, in the same order: what makes "the newest" the same for any order of arrival. */
  readonly returnedAtMs: readonly number[]
  /** `since` of every trait (`traits.<name>`), presence fact (`has.<name>`) and date (`dates.<name>`), as in the book it was loaded from. */
  readonly since: Readonly<Record<string, number>>
}

/** A date trigger that waits for its instant. */
export interface ArmedDate {
  /** Null: the date is missing or has passed. */
  readonly dueAtMs: number | null
  /** Trait and date of the occurrence it waits for, and of the newest one that fired. */
  readonly occurrence: string | null
  readonly fired: string | null
}

export interface Counter {
  readonly since: number
  readonly total: number
  /** By `occurredAt`, ascending, the newest `INSTANTS_MAX`. */
  readonly recentMs: readonly number[]
}

export interface Lifecycle {
  readonly state: LifecycleState
  readonly sinceMs: number
  readonly previous: LifecycleState | null
  /** A sentence for people. */
  readonly reason: string
  /** When the state changes if nothing happens. */
  readonly nextAtMs: number | null
  /** Version of the rules that it was last judged under. Absent: the defaults. */
  readonly rules?: number
}

/** The event that let somebody in, kept for the life of the run: `entry` in conditions and templates. */
export interface EntryEvent extends Touchpoint {
  /** Null where no row of the log let the customer in: a change of lifecycle, a date, the end of a run. */
  readonly seq: number | null
  readonly name: string
  readonly occurredAtMs: number
  readonly receivedAtMs: number
  /** Only what rules name. Templates load the whole event from SQL by `seq`. */
  readonly properties: JsonObject
  /** How many journeys' events led here one after the other; absent for an event from outside. */
  readonly depth?: number
}

/** One customer's passage through one version. */
export interface Run {
  readonly runId: string
  readonly journey: string
  readonly version: number
  readonly hash: string
  readonly entry: EntryEvent
  readonly enteredAtMs: number
  /** Since when it is the active run: minimum dwell counts from here. */
  readonly activeSinceMs: number
  readonly status: 'active' | 'paused'
  readonly pausedAtMs: number | null
  readonly step: StepId
  /** Counts step entries; with the run id it names a send. */
  readonly visit: number
  readonly sinceMs: number
  readonly wait: Wait | null
  /** What a paused run has heard and takes when it resumes. */
  readonly heard: Wake | null
  readonly candidateId: string
  /** Steps that count what happened since entry, and have what they wait for: step → case met. */
  readonly met: Readonly<Record<StepId, number>>
  /** Rounds begun at each `repeat` that is under way. */
  readonly rounds: Readonly<Record<StepId, number>>
  /** What webhooks answered, by `saveAs`, reduced to what conditions and messages name. */
  readonly answers: Readonly<Record<string, JsonValue>>
  /** Where a migration took the run from, until it takes its next step. */
  readonly movedFrom: MovedFrom | null
  /** When an event of another journey last led it on. Absent: not since it was entered. */
  readonly ledAtMs?: number
  /** Absent: `foreground`. */
  readonly lane?: Lane
  /** What the decision that let it in, or took it up again, found it worth; of a manual one its rank. */
  readonly worth?: number
  /** When its lock ended, if it had one that has. */
  readonly unlockedAtMs?: number
  /** What splits and choices picked last on the way here, by step. Absent: there were none. */
  readonly picks?: Readonly<Record<StepId, string>>
  /** Another journey takes over when its step is over: since when. */
  readonly finishingSinceMs?: number
}

/** What is needed to bring a run back to where a migration found it. */
export interface MovedFrom {
  readonly migrationId: string
  readonly version: number
  readonly hash: string
  readonly step: StepId
  readonly visit: number
  readonly sinceMs: number
  readonly wait: Wait | null
  readonly heard: Wake | null
  readonly met: Readonly<Record<StepId, number>>
  readonly rounds: Readonly<Record<StepId, number>>
}

/** Why a run stands where it stands. Absolute instants only. */
export type Wait =
  | {
      readonly type: 'until'
      readonly dueAtMs: number
      /** End of the duration before alignment to `at`; null for a pure local time. Remaining time counts to it. */
      readonly rawDueAtMs: number | null
      readonly at: string | null
      /** Days and zone of the alignment, where the step names any. */
      readonly weekdays?: readonly Weekday[]
      readonly zone?: string
      /** It is reckoned from a date that a trait holds, and anew when that changes. */
      readonly isDate?: true
    }
  | {
      readonly type: 'event'
      readonly event: string
      /** The others where it waits for any of several. */
      readonly others?: readonly string[]
      readonly dueAtMs: number
    }
  | { readonly type: 'send'; readonly send: Send }
  | { readonly type: 'call'; readonly call: Call }

/** A webhook step on its way. */
export interface Call {
  /** Idempotency key: the receiver sees it as `webhook-id`. */
  readonly callId: string
  readonly attempt: number
  readonly firstTriedAtMs: number
  /** `open`: an activity has it. `retry`: to be tried again at `retryAtMs`. `away`: see `Send`. */
  readonly phase: 'open' | 'retry' | 'away'
  readonly retryAtMs: number | null
}

export interface Send {
  /** Idempotency key: passed to the provider, unique in SQL. */
  readonly deliveryId: string
  readonly channel: ChannelName
  readonly message: string
  /** Channels not tried yet, in order. */
  readonly remaining: readonly ChannelName[]
  /** After this instant it is not sent any more. Absent: three days after it was first tried. */
  readonly sendByMs?: number
  /** Of the step: when it may go out, and its answer to a cap. Absent: as the contact policy says. */
  readonly sendWindow?: readonly SendWindow[]
  readonly onCap?: OnCap
  readonly attempt: number
  /** When it was first judged for this channel. */
  readonly firstTriedAtMs: number
  /**
   * `open`: an activity has it. `retry`: to be judged again at `retryAtMs`. `away`: an activity of the
   * customer whom a merge made part of this one has it; what becomes of it comes through the log, and
   * what has not come by `retryAtMs` is asked for under the same key.
   */
  readonly phase: 'open' | 'retry' | 'away'
  readonly retryAtMs: number | null
  /** Of an open one: hash of the contact policy under which it passed, and the last batch before. */
  readonly policy?: string
  readonly throughBatch?: number
  /** A message of the contact policy that goes out instead. */
  readonly instead?: string
  /**
   * Why it waits, where it is not for a provider. `held`: contact rules forbid it now; judged again at
   * `retryAtMs` and whenever something changed. `parked`: stopped outside the actor, until it is released.
   */
  readonly waits?: { readonly as: 'held' | 'parked'; readonly reason: string }
}

/** What ends a wait. */
export type Wake =
  | { readonly type: 'due' }
  /** `met`: which of several awaited events. */
  | { readonly type: 'event'; readonly met?: number }
  /** The date that a wait is reckoned from was taken away, or has passed. */
  | { readonly type: 'date'; readonly is: 'missing' | 'past' }
  | { readonly type: 'answered' }
  | { readonly type: 'unanswered'; readonly reason: string }
  | { readonly type: 'sent' }
  | { readonly type: 'unsent'; readonly reason: string }

/** An eligible loser, kept for the next arbitration. */
export interface Deferred {
  readonly candidateId: string
  readonly rule: EntryRule
  readonly entry: EntryEvent
  readonly qualifiedAtMs: number
  readonly untilMs: number
  readonly reason: string
}

export interface PendingDecision {
  readonly cause: Cause
  readonly atMs: number
  /** Rows of the log whose handling waits for this decision. */
  readonly seqs: readonly number[]
  /** Journeys that were triggered; paused runs and deferred candidates join when the arbiter is asked. */
  readonly triggered: readonly Triggered[]
  /** Events since the first of them: a run that starts has heard what came after its own. Absent: none. */
  readonly happened?: readonly HeardEvent[]
  /** What has let others come next since the arbiter was asked: it is asked once more. Absent: nothing. */
  readonly again?: Pick<PendingDecision, 'cause' | 'atMs'>
}

/** An event as conditions see it, with its number in the log. */
export interface HeardEvent extends ScopeEvent, Pick<EntryEvent, 'depth'> {
  readonly seq: number
}

/** A journey whose trigger matched. */
export interface Triggered {
  readonly candidateId: string
  readonly rule: EntryRule
  readonly entry: EntryEvent
  readonly qualifiedAtMs: number
  /** Why it fell out again before anybody decided: an exit of its own was met meanwhile, its entry condition failed. */
  readonly barred: Barred | null
}

export interface JourneyMemory {
  readonly entries: number
  readonly lastEntryAtMs: number
  readonly lastExitAtMs: number | null
  /** Newest `perKey` values. */
  readonly keys: readonly string[]
}

export interface DecisionNote {
  readonly decisionId: string
  readonly atMs: number
  readonly summary: string
}

/** What the actor lacks before it can go on. Answered by `Loaded`. */
export interface LoadRequest {
  /** The book the actor needs; null where only definitions are missing. */
  readonly bookHash: string | null
  readonly definitions: readonly string[]
  /**
   * `since` of every counter (`events`) and of every trait, presence fact and date (`facts`, keyed
   * `traits.<name>`, `has.<name>` and `dates.<name>`) that the actor holds. What the book names with another number
   * is answered from the stored events: see `missingFacts` in `facts.ts`. Of a merge nothing is known: all is loaded anew.
   */
  readonly known: {
    readonly events: Readonly<Record<string, number>>
    readonly facts: Readonly<Record<string, number>>
  }
  /** Stored events of later batches are still to come and must not be counted. */
  readonly throughBatch: number
  /** The merge because of which all facts are loaded anew. Absent: none. */
  readonly unites?: string
  /** Whose past, of rules of fatigue, is known already. Absent: of none. */
  readonly recalled?: readonly string[]
}
