import { isGrpcServiceError, type Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { findPolicyInForce, getPolicyHash } from '../db/policy-in-force.ts'
import type { Database } from '../db/schema.ts'
import { listThrottles, upsertThrottle } from '../db/throttles.ts'
import { CHANNELS, type ChannelName } from '../domain/journeys/values.ts'
import { deliveryTaskQueue } from '../workflows/customer-messages.ts'
import { startRounds, type Rounds } from './rounds.ts'

const TELL_WITHIN_MS = 10_000
/** An engine that was emptied is told again. */
const TELL_AGAIN_MS = 5 * 60_000
/** `TASK_QUEUE_TYPE_ACTIVITY`. */
const ACTIVITIES = 2
/** gRPC codes with which a server says that it does not do this: too old, or not for us. */
const REFUSALS = new Map([
  [3, 'INVALID_ARGUMENT'],
  [7, 'PERMISSION_DENIED'],
  [12, 'UNIMPLEMENTED'],
])

export interface ThrottlerDeps {
  readonly db: Kysely<Database>
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  /** Told of a failed round; the next one tries again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Told where the engine does not throttle. Must not throw. */
  readonly onRefused: (channel: ChannelName, error: unknown) => void
  /** Default 2 s. */
  readonly everyMs?: number
}

/**
 * Has the engine let each channel have as many sends a second as the contact policy in force says, and
 * as many as there are where it says nothing. Any process may tell it, and as often as it likes.
 */
export function startThrottler(deps: ThrottlerDeps): Rounds {
  const { db, onError, everyMs = 2_000 } = deps
  let told: { readonly hash: string | null; readonly atMs: number } | undefined
  const work = async (): Promise<void> => {
    const hash = await getPolicyHash(db)
    if (told?.hash === hash && Date.now() - told.atMs < TELL_AGAIN_MS) return
    const { throttles = [] } = (await findPolicyInForce(db))?.document ?? {}
    const known = await listThrottles(db)
    for (const channel of CHANNELS) {
      const perSecond = throttles.find((each) => each.channel === channel)?.perSecond ?? null
      const before = known.find((each) => each.channel === channel)?.perSecond ?? null
      if (perSecond !== null || before !== null) await throttle(deps, channel, perSecond)
    }
    told = { hash, atMs: Date.now() }
  }
  return startRounds(work, { everyMs, onError })
}

async function throttle(
  { db, client, onRefused }: ThrottlerDeps,
  channel: ChannelName,
  perSecond: number | null,
): Promise<void> {
  let problem: string | null = null
  try {
    await tell(client, channel, perSecond)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null) throw error
    problem = refusal
    onRefused(channel, error)
  }
  await upsertThrottle(db, { channel, perSecond, problem, updatedAt: new Date() })
}

async function tell(client: Client, channel: ChannelName, perSecond: number | null): Promise<void> {
  await client.withDeadline(Date.now() + TELL_WITHIN_MS, () =>
    client.workflowService.updateTaskQueueConfig({
      namespace: client.options.namespace,
      taskQueue: deliveryTaskQueue(channel),
      taskQueueType: ACTIVITIES,
      updateQueueRateLimit: {
        reason: 'contact policy',
        ...(perSecond === null ? {} : { rateLimit: { requestsPerSecond: perSecond } }),
      },
    }),
  )
}

function refusalOf(error: unknown): string | null {
  if (!isGrpcServiceError(error)) return null
  const name = REFUSALS.get(error.code)
  return name === undefined ? null : `${name}: ${error.details}`
}
