import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelAnswer } from './channel.ts'

const SILENCE: ChannelAnswer = { type: 'unavailable', reason: 'store_timeout' }

/** An answer that the store has a part in, in time: a store that fails or says nothing is unavailable. */
export async function inStoreTime(
  answer: Promise<ChannelAnswer>,
  timeoutMs: number,
): Promise<ChannelAnswer> {
  const answered = new AbortController()
  const { signal } = answered
  const silence = sleep(timeoutMs, SILENCE, { signal }).catch(() => SILENCE)
  try {
    return await Promise.race([answer.catch(unavailable), silence])
  } finally {
    answered.abort()
  }
}

const unavailable = (error: unknown): ChannelAnswer => ({
  type: 'unavailable',
  reason: 'store_unavailable',
  detail: String(error),
})
