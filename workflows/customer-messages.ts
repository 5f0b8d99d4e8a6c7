import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { CustomerState, OfferOutcome } from '../domain/actor/customer-state.ts'
import type { EventBatch } from '../domain/actor/inputs.ts'
import type { NextAnswer, NextQuestion } from '../domain/actor/what-next.ts'

/** All that callers need to speak to an actor: its type, ids, messages. */

export const CUSTOMER_WORKFLOW = 'customer'
export const CUSTOMER_TASK_QUEUE = 'customers'

/** One workflow per customer, for as long as the customer is kept. */
export const customerWorkflowId = (customerId: string): string => `${ID_PREFIX}${customerId}`

/** The customer whose actor a workflow is; undefined for a workflow of another kind. */
export const customerIdOf = (workflowId: string): string | undefined =>
  workflowId.startsWith(ID_PREFIX) ? workflowId.slice(ID_PREFIX.length) : undefined

const ID_PREFIX = 'customer/'

/** Sends run on a queue per channel, so that each can be throttled alone. */
export const deliveryTaskQueue = (channel: string): string => `deliver-${channel}`

export interface CustomerInput {
  readonly customerId: string
  /** Present after continue-as-new; else the last snapshot is restored from SQL. */
  readonly state?: CustomerState
  /** With a state: which life it is, as SQL counts them. Absent from a run of a release that knew no sleep. */
  readonly life?: number
}

/** What the search attributes of an actor are called, and of which type. */
export const SEARCH_ATTRIBUTES = {
  Lifecycle: 'KEYWORD',
  Journey: 'KEYWORD',
  JourneyVersion: 'KEYWORD',
  JourneyStep: 'KEYWORD',
  LockedBy: 'KEYWORD',
  Excluded: 'KEYWORD_LIST',
  Test: 'BOOL',
  NextWakeAt: 'DATETIME',
  LastEventAt: 'DATETIME',
} as const

/** Something happened: one numbered batch of the customer's event log. */
export const eventsHappened = defineSignal<[EventBatch]>('events')

/** What the actor holds, for an operator's page. Product reads come from SQL. */
export const customerState = defineQuery<CustomerState | undefined>('state')

/** "What now?": asked of the actor, changes nothing. Null: it has not loaded what it needs to answer. */
export const askNext = defineQuery<NextAnswer | null, [NextQuestion]>('next')

/** A row of the log that was applied, and the decision it led to. */
export interface HandledEvent {
  readonly seq: number
  readonly decisionId: string | null
  /** Of an offer: why it may not be shown, null where it may. Absent: it was none. */
  readonly offer?: Pick<OfferOutcome, 'refused'>
}

/** Answers when the named events have been applied and decided. An actor that
 * continues as new or is cancelled meanwhile answers with those that have been. */
export const whenHandled = defineUpdate<HandledEvent[], [{ seqs: number[] }]>('whenHandled')
