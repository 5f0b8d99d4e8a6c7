import type { AgentTaskContent } from '../../domain/journeys/journey.ts'
import type { Channel, ChannelAnswer } from '../channel.ts'
import { inStoreTime } from '../in-store-time.ts'

const CONCURRENCY_MAX = 20

/** One proposal, as the store takes it. */
export interface ProposedTask {
  /** The same one again is the same proposal. */
  readonly deliveryId: string
  /** Texts after Liquid. */
  readonly content: AgentTaskContent
}

export interface AgentTaskSettings {
  /**
   * Keeps the proposal where agents find it; one that is there already stays as it is. False: there is
   * nobody (any more) whom it could be made to.
   */
  readonly keep: (task: ProposedTask) => Promise<boolean>
}

/**
 * Proposals to the call centre. The provider is the store, which drops repeats, so that one of which
 * nobody knows may be made again.
 */
export function createAgentTaskChannel({ keep }: AgentTaskSettings): Channel<'agent_task'> {
  const closed = new AbortController()

  return {
    name: 'agent_task',
    takesIdempotencyKey: true,
    concurrencyMax: CONCURRENCY_MAX,

    async send({ idempotencyKey: deliveryId, content }, timeoutMs) {
      if (closed.signal.aborted) return { type: 'unavailable', reason: 'closed' }
      const answer = keep({ deliveryId, content }).then(answerTo)
      return inStoreTime(answer, timeoutMs)
    },

    async close() {
      closed.abort()
    },
  }
}

const answerTo = (isKept: boolean): ChannelAnswer =>
  isKept ? { type: 'sent', providerId: null } : { type: 'refused', reason: 'no_customer' }
