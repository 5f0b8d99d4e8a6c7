import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isGrpcServiceError, type Client } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'
import { DomainError } from '../domain/errors.ts'
import { customerWorkflowId } from '../workflows/customer-messages.ts'

/** Instants one leap may stop at. Above what any journey does in a year. */
const SKIPS_MAX = 10_000
const GRPC_CANCELLED = 1
const GRPC_INVALID_ARGUMENT = 3
const GRPC_DEADLINE_EXCEEDED = 4
const GRPC_UNIMPLEMENTED = 12
const IDLE_POLL_MS = 20

export interface ActorClock {
  /** The actor's own now, epoch milliseconds. */
  readonly clockMs: number
  /** What keeps it from being idle; empty when it is. */
  readonly pending: readonly string[]
}

/** Where an actor's clock stands and what it is busy with. Undefined where no actor runs. */
export async function readActorClock(
  client: Client,
  customerId: string,
): Promise<ActorClock | undefined> {
  const answer = await describe(client, customerId)
  if (answer === undefined) return undefined
  const { workflowExtendedInfo, pendingActivities, pendingWorkflowTask } = answer
  const { currentTime } = workflowExtendedInfo?.timeSkippingInfo ?? {}
  const clockMs =
    currentTime === null || currentTime === undefined
      ? Date.now()
      : Number(currentTime.seconds) * 1_000 + (currentTime.nanos ?? 0) / 1e6
  return {
    clockMs: Math.round(clockMs),
    pending: [
      ...(pendingActivities ?? []).map(
        ({ activityType }) => `activity ${activityType?.name ?? ''}`,
      ),
      ...(pendingWorkflowTask === null || pendingWorkflowTask === undefined
        ? []
        : ['a workflow task']),
    ],
  }
}

async function describe(client: Client, customerId: string) {
  try {
    const answer = await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId: customerWorkflowId(customerId) },
    })
    return answer.workflowExecutionInfo?.closeTime === null ||
      answer.workflowExecutionInfo?.closeTime === undefined
      ? answer
      : undefined
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === 5) return undefined
    throw error
  }
}

/**
 * Moves a running actor's clock forward. Every timer in between fires at its own instant and
 * everything that it leads to is carried out; the server skips only while nothing is under way.
 * Answers the clock that was reached: short of the goal where `timeoutMs` ran out.
 *
 * @throws {DomainError} `time_travel_off`: the server cannot skip time
 */
export async function moveActorClock(
  client: Client,
  { customerId, byMs, timeoutMs }: { customerId: string; byMs: number; timeoutMs: number },
): Promise<ActorClock & { readonly isThere: boolean }> {
  const untilMs = Date.now() + timeoutMs
  const target = {
    namespace: client.options.namespace,
    workflowExecution: { workflowId: customerWorkflowId(customerId) },
  }
  const fastForwardId = randomUUID()
  try {
    await client.workflowService.updateWorkflowExecutionOptions({
      ...target,
      workflowExecutionOptions: {
        timeSkippingConfig: {
          enabled: true,
          maxSessionSkipCount: SKIPS_MAX,
          fastForwardConfig: {
            id: fastForwardId,
            duration: msToTs(byMs),
          },
        },
      },
      updateMask: { paths: ['time_skipping_config'] },
    })
  } catch (error) {
    if (
      isGrpcServiceError(error) &&
      (error.code === GRPC_UNIMPLEMENTED || error.code === GRPC_INVALID_ARGUMENT)
    ) {
      throw new DomainError(
        'time_travel_off',
        `The engine cannot skip time (${error.details}). It needs Temporal server 1.32 or newer with the dynamic setting frontend.WorkflowTimeSkippingEnabled=true (system.workflowTimeSkippingEnabled after 1.32).`,
      )
    }
    throw error
  }
  const isThere = await arrives(client, { ...target, fastForwardId }, untilMs)
  for (;;) {
    const clock = await readActorClock(client, customerId)
    if (clock === undefined)
      throw new DomainError(
        'conflict',
        `The actor of customer ${customerId} ended while its clock was moved.`,
      )
    if (clock.pending.length === 0 || Date.now() >= untilMs) return { ...clock, isThere }
    await sleep(IDLE_POLL_MS)
  }
}

/** Waits until a leap is done; the server answers long polls, each shorter than ours may be. */
async function arrives(
  client: Client,
  request: { namespace: string; workflowExecution: { workflowId: string }; fastForwardId: string },
  untilMs: number,
): Promise<boolean> {
  while (Date.now() < untilMs) {
    try {
      const { fastForwardInfo } = await client.withDeadline(untilMs, () =>
        client.workflowService.pollWorkflowExecutionTimeSkipping(request),
      )
      if (fastForwardInfo?.hasCompleted === true) return true
    } catch (error) {
      const isLate =
        isGrpcServiceError(error) &&
        (error.code === GRPC_DEADLINE_EXCEEDED || error.code === GRPC_CANCELLED)
      if (!isLate) throw error
    }
  }
  return false
}
