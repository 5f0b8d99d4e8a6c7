import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentTaskContent } from '../../domain/journeys/journey.ts'
import type { Channel, ChannelAnswer } from '../channel.ts'

const CONCURRENCY_MAX = 20
const SILENCE: ChannelAnswer = { type: 'unavailable', reason: 'store_timeout' }

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
      const answered = new AbortController()
      const given = keep({ deliveryId, content }).then(answerTo, notKept)
      const { signal } = answered
      const silence = sleep(timeoutMs, SILENCE, { signal }).catch(() => SILENCE)
      return Promise.race([given, silence]).finally(() => answered.abort())
    },

    async close() {
      closed.abort()
    },
  }
}

const answerTo = (isKept: boolean): ChannelAnswer =>
  isKept ? { type: 'sent', providerId: null } : { type: 'refused', reason: 'no_customer' }

const notKept = (error: unknown): ChannelAnswer => ({
  type: 'unavailable',
  reason: 'store_unavailable',
  detail: String(error),
})
