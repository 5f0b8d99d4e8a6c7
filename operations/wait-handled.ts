import { setTimeout as sleep } from 'node:timers/promises'
import {
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client'
import type { Kysely } from 'kysely'
import {
  CUSTOMER_TASK_QUEUE,
  CUSTOMER_WORKFLOW,
  customerWorkflowId,
  whenHandled,
  type CustomerInput,
  type HandledEvent,
} from '../workflows/customer-messages.ts'
import type { Database } from '../db/schema.ts'
import { findSurvivors } from '../db/survivors.ts'
import type { Accepted } from './incoming-event.ts'

export interface Handled {
  /** False: not within the time, or the engine is away. The events are stored and will be handled. */
  readonly handled: boolean
  /** For each event that the actor handled, the decision it led to. */
  readonly results: readonly HandledEvent[]
}

/**
 * Answers when a customer's actor has applied these events and decided, at most `withinMs` later. Where
 * the customer is merged meanwhile, the survivor's applies what the other one had not. Filtered events
 * concern no actor and answer at once.
 */
export async function waitHandled(
  { client, db }: { readonly client: Client; readonly db: Kysely<Database> },
  input: {
    readonly customerId: string
    readonly accepted: readonly Pick<Accepted, 'seq' | 'status'>[]
    readonly withinMs?: number
  },
): Promise<Handled> {
  const { customerId, accepted, withinMs = 5_000 } = input
  const seqs = accepted.filter(({ status }) => status === 'pending').map(({ seq }) => seq)
  if (seqs.length === 0) return { handled: true, results: [] }
  const ended = new AbortController()
  const late = sleep(withinMs, undefined, { signal: ended.signal }).catch(() => undefined)
  try {
    const deadlineMs = Date.now() + withinMs
    const results: HandledEvent[] = []
    for (let asked: string | undefined; ;) {
      const left = seqs.filter((seq) => results.every((result) => result.seq !== seq))
      if (left.length === 0) break
      const survivor = (await findSurvivors(db, [customerId])).get(customerId)
      if (survivor === undefined || survivor === asked) break
      const answer = await Promise.race([askActor(client, survivor, left, deadlineMs), late])
      results.push(...(answer ?? []))
      asked = survivor
    }
    return { handled: results.length === seqs.length, results }
  } finally {
    ended.abort()
  }
}

/** The actor's answer; undefined when it cannot give one now. Starts it if the first batch is still on its way. */
async function askActor(
  client: Client,
  customerId: string,
  seqs: number[],
  deadlineMs: number,
): Promise<HandledEvent[] | undefined> {
  const startWorkflowOperation = new WithStartWorkflowOperation<
    (input: CustomerInput) => Promise<void>
  >(CUSTOMER_WORKFLOW, {
    workflowId: customerWorkflowId(customerId),
    taskQueue: CUSTOMER_TASK_QUEUE,
    args: [{ customerId }],
    workflowIdConflictPolicy: 'USE_EXISTING',
  })
  try {
    return await client.withDeadline(deadlineMs, () =>
      client.workflow.executeUpdateWithStart(whenHandled, {
        args: [{ seqs }],
        startWorkflowOperation,
      }),
    )
  } catch (error) {
    if (isNoAnswer(error)) return undefined
    throw error
  }
}

/** The engine is away or slow, or the actor ended while it was asked: none of it concerns what is stored. */
const isNoAnswer = (error: unknown): boolean =>
  error instanceof ServiceError ||
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
  error instanceof WorkflowUpdateFailedError
