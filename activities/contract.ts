import type { CustomerState, LoadRequest } from '../domain/actor/customer-state.ts'
import type { CallRequest, DeliveryRequest, Legacy, TurnRecord } from '../domain/actor/effects.ts'
import type { CallOutcome, ForwardedOutcome, Loaded, SendOutcome } from '../domain/actor/inputs.ts'
import type { Deleted } from '../domain/retention/retention-run.ts'
import type { ArbitrationAnswer, ArbitrationRequest } from '../domain/decisioning/arbitration.ts'

/**
 * Everything a workflow may ask of the world. Function-typed properties, so that proxies can be
 * destructured. Each is safe to repeat: the id that makes it so comes in as an argument.
 * What fails for a while (SQL, a provider) throws and is retried by `workflows/effects.ts`.
 */
export interface CustomerActivities {
  /**
   * The last snapshot stored for a customer whose actor starts without a state; null for a new one.
   * Asks the dispatcher to deliver the batches after the snapshot again, except those that the actor
   * holds already (`received`: their numbers): the batch that starts an actor need not come twice.
   * Null: the customer was merged into another or erased, and there is nothing to live for.
   */
  restoreCustomer: (input: {
    customerId: string
    received?: readonly number[]
  }) => Promise<Restored | null>
  /**
   * Stores what an actor goes to sleep with, and when it is to be started again. From here on what the
   * actor holds in memory may be behind what is stored. False: it is not asleep, since another life of
   * it has begun, or the customer is gone.
   */
  fallAsleep: (input: {
    snapshot: CustomerState
    life: number
    wakeAtMs: number | null
  }) => Promise<boolean>
  /** Rule book, definitions and the counts of newly named facts. */
  loadRules: (input: { customerId: string; request: LoadRequest }) => Promise<Loaded>
  /**
   * Makes a customer part of another, with all that its actor held and what its log holds after
   * `lastBatch`; the winner's actor is told through its log. Once per `mergeId`: a repeat changes nothing.
   */
  handOver: (input: {
    customerId: string
    legacy: Legacy
    record: TurnRecord | null
  }) => Promise<void>
  /** Puts into the winner's log what became of a send or a call of the loser. Same try, same row. */
  forwardOutcome: (input: {
    customerId: string
    mergeId: string
    outcome: ForwardedOutcome
  }) => Promise<void>
  /** Writes what a turn changed. Same turn, same rows. */
  recordTurn: (input: { record: TurnRecord; snapshot: CustomerState | null }) => Promise<void>
  /**
   * What became of a send that the actor took back: what a try has settled, `unknown` where one died
   * in doubt, else `withdrawn`. Sends nothing. Writes the record that the send was to carry.
   */
  settleSend: (input: {
    request: DeliveryRequest
    record: TurnRecord | null
  }) => Promise<SendOutcome>
  /**
   * Waits until events that a test customer's journeys made have been brought back, at most 20 s.
   * While it does the server does not skip time, which would run ahead of them.
   */
  awaitEmitted: (input: { emitIds: readonly string[] }) => Promise<void>
  /** Decides between candidates, stores the decision; a repeated id gets the stored one. */
  arbitrate: (input: {
    request: ArbitrationRequest
    record: TurnRecord | null
  }) => Promise<ArbitrationAnswer>
}

/** Runs on the queue of its channel, so that a throttled provider never holds up decisions. */
export interface DeliveryActivities {
  /** Tries one send for at most 30 s. Judges the SQL half of the gate immediately before the channel call. */
  deliverMessage: (input: {
    request: DeliveryRequest
    record: TurnRecord | null
  }) => Promise<SendOutcome>
}

/** Runs on the queue of channel `webhook`. */
export interface CallActivities {
  /**
   * Tries the call of one webhook step for at most 30 s. A repeat carries the same `webhook-id`.
   * Answers with what the version names of the answer.
   */
  callWebhook: (input: { request: CallRequest; record: TurnRecord | null }) => Promise<CallOutcome>
}

/** Works off a plan that moves people from one version to another. */
export interface MigrationActivities {
  /** One round: asks the next customers, at most as many as the plan takes in a second. */
  migrateSome: (input: { migrationId: string }) => Promise<MigrationRound>
}

export interface MigrationRound {
  /** Nothing is left to be done: it was paused, or everybody has answered. */
  isOver: boolean
  /** Runs that were looked at or entered. */
  looked: number
}

/** Brings lifecycle rules to everybody. */
export interface RolloutActivities {
  /** One round: tells as many customers as the rollout takes in a second. */
  rollOutSome: (input: { version: number }) => Promise<ResumeRound>
}

/** Lets an audience into a journey. */
export interface EntryActivities {
  /** Begins the entry of a firing, or answers the one that it began. Null: nobody is to enter now. */
  beginEntry: (input: {
    journey: string
    workflowId: string
  }) => Promise<{ entryId: string } | null>
  /** One round: lets in as many of the audience as enter in a second. */
  enterSome: (input: { entryId: string }) => Promise<ResumeRound>
}

/** Tells customers who have come into a watched audience, or gone. */
export interface WatchActivities {
  /** One round of a look at all customers. Where it stands is in SQL: a repeat goes on from there. */
  watchSome: (input: { audience: string }) => Promise<ResumeRound>
}

/** Deletes what the retention rules in force keep no longer. */
export interface RetentionActivities {
  /** Opens a run under this id, or takes up the one that is open. Null: no rules are in force. */
  beginRetention: (input: { runId: string }) => Promise<{ runId: string } | null>
  /** Walks on for a few seconds. Where it stands is in SQL: a repeat goes on from there. */
  retainSome: (input: { runId: string }) => Promise<RetentionRound>
}

/** What a run has come to so far. */
export interface RetentionRound {
  readonly isOver: boolean
  readonly looked: number
  readonly deleted: Deleted
}

/** Brings back what a stop has parked. */
export interface ResumeActivities {
  /** One round: lets go as many sends as the ramp allows by now. */
  resumeSome: (input: { resumeId: string }) => Promise<ResumeRound>
}

export interface ResumeRound {
  /** Nothing is left to be brought back, or it was stopped again. */
  isOver: boolean
  /** When there is something to do again; 0: at once. */
  nextInMs: number
}

/** Long computations, on a queue of their own. */
export interface JobActivities {
  /**
   * Carries a backtest out and stores its report, from the beginning however often it is tried. Ends
   * without one where the job was cancelled. A bug fails it for good.
   */
  runBacktest: (input: { jobId: string }) => Promise<void>
  /** Says in SQL that a job is over without a report. One that is over already stays what it is. */
  endJob: (input: { jobId: string; as: 'cancelled' | 'failed' }) => Promise<void>
}

export interface Restored {
  snapshot: CustomerState | null
  test: boolean
  zone: string
  known: boolean
  /** Which of the customer's lives on the engine begins. Absent in histories of a release that knew no sleep. */
  life?: number
}
