import type {
  Arbitration,
  Lane,
  LifecycleState,
  MessageClass,
  OnPreempt,
  RunDefinition,
} from '../journeys/journey.ts'
import type { ArbitrationSettings } from './arbitration-rules.ts'

/** What the arbiter is asked. Everything is judged on the state as it was when the cause arose. */
export interface ArbitrationRequest {
  /** Made by the actor: customer, counter, hash of this request. A retry gets the stored answer. */
  readonly decisionId: string
  readonly customerId: string
  readonly test: boolean
  /** The instant the cause arose; what follows from the answer counts from it. */
  readonly atMs: number
  readonly bookHash: string
  readonly cause: Cause
  readonly active: ActiveRun | null
  readonly pausedRuns: number
  readonly candidates: readonly Candidate[]
  readonly autoSwitchesAtMs: readonly number[]
  /** Open runs of the service lane. Absent: none. */
  readonly serviceRuns?: number
  /** Absent: the defaults. */
  readonly settings?: ArbitrationSettings
}

export type Cause =
  | { readonly type: 'event'; readonly event: string; readonly seq: number }
  | {
      readonly type: 'lifecycle'
      readonly from: LifecycleState | null
      readonly to: LifecycleState
    }
  | { readonly type: 'run_ended'; readonly journey: string; readonly reason: string }
  | { readonly type: 'date'; readonly trait: string }
  /** A lock has ended while its run goes on. */
  | { readonly type: 'lock_released'; readonly journey: string }
  /** A run has finished the step after which another one takes over. */
  | { readonly type: 'step_finished'; readonly journey: string }
  /** An exclusion has ended. */
  | { readonly type: 'exclusion_released'; readonly reason: string }
  /** Sends go on that were stopped, or that waited for something scarce. */
  | { readonly type: 'sends_released'; readonly reason: string }
  /** Another customer became part of this one, and brought what it was on. */
  | { readonly type: 'merged' }

export interface ActiveRun {
  readonly runId: string
  readonly journey: string
  readonly version: number
  readonly arbitration: Arbitration
  readonly activeSinceMs: number
  readonly locked: boolean
  /** `pause` also where it has finished the step after which another one takes over. */
  readonly onPreempt: OnPreempt
  /** The factors of `context`, by the name of their rule. Absent: none. */
  readonly context?: Readonly<Record<string, number>>
}

/** A journey that could start or resume for this customer now. */
export interface Candidate {
  readonly candidateId: string
  readonly source: 'trigger' | 'deferred' | 'paused'
  readonly journey: string
  readonly version: number
  readonly hash: string
  readonly class: MessageClass
  /** Absent: `foreground`. */
  readonly lane?: Lane
  /** Of the service lane: what it is about, where one journey may run beside itself. Absent: it may not. */
  readonly entryKey?: string
  readonly arbitration: Arbitration
  /** The factors of `context`, by the name of their rule. Absent: none. */
  readonly context?: Readonly<Record<string, number>>
  readonly qualifiedAtMs: number
  /** Null: a loser is not kept. */
  readonly queueForMs: number | null
  /** For a deferred candidate, when it expires. */
  readonly expiresAtMs: number | null
  readonly runId: string | null
  /** A paused run whose lock has not ended: it holds the customer still, against all but what broke it. */
  readonly locked?: true
  /** Why it may not start, judged by the actor in this order; null when eligible. */
  readonly barred: Barred | null
}

export type Gate =
  | 'live'
  | 'exit'
  | 'reentry'
  | 'entry'
  | 'reachable'
  | 'excluded'
  | 'matrix'
  | 'lane'
  | 'lock'
  | 'manual'
  | 'margin'
  | 'dwell'
  | 'switches'
  | 'rank'

export interface Barred {
  readonly gate: 'live' | 'exit' | 'reentry' | 'entry' | 'reachable' | 'excluded' | 'matrix'
  readonly reason: string
}

export interface Score {
  readonly propensity: number
  /** The product of `factors`. */
  readonly context: number
  readonly value: number
  readonly lever: number
  readonly total: number
  /** What multiplies, by the name of its rule. Absent: nothing. */
  readonly factors?: Readonly<Record<string, number>>
}

export interface Fate {
  readonly candidateId: string
  readonly journey: string
  readonly version: number
  readonly source: Candidate['source']
  readonly fate: 'win' | 'queue' | 'keep' | 'reject'
  /** The gate that decided; null for the winner. */
  readonly gate: Gate | null
  readonly reason: string
  readonly score: Score | null
  /** For `queue`, and for a winner that waits for a step to be over: until when it is kept. */
  readonly untilMs: number | null
}

export type Outcome = 'enter' | 'stay' | 'switch' | 'resume' | 'queue' | 'reject'

/** The decision, with all candidates and why each fell out. Stored as it is; replayable from the request. */
export interface Decision {
  readonly decisionId: string
  readonly outcome: Outcome
  readonly winner: string | null
  /** Candidates of the service lane that start beside the foreground. Absent: none. */
  readonly beside?: readonly string[]
  readonly fates: readonly Fate[]
  readonly replaced: {
    readonly runId: string
    /** `finishing`: it goes on to the end of its step, then the winner starts. */
    readonly fate: 'paused' | 'abandoned' | 'finishing'
  } | null
  /** One line for people. */
  readonly summary: string
}

/**
 * `decided`: the stored decision, with the winner's definition where it starts anew.
 * `staleBook`: rules were published since; load the named book and ask again.
 */
export type ArbitrationAnswer =
  | {
      readonly type: 'decided'
      readonly decision: Decision
      readonly definition: RunDefinition | null
      /** Of those that start beside it, by candidate. Absent: none. */
      readonly besides?: Readonly<Record<string, RunDefinition>>
      readonly bookHash: string
    }
  | { readonly type: 'staleBook'; readonly decisionId: string; readonly bookHash: string }
