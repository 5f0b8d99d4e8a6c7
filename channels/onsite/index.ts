import { setTimeout as sleep } from 'node:timers/promises'
import type { Content } from '../../domain/channels/channel-spec.ts'
import { isOnsiteLink } from '../../domain/channels/onsite-link.ts'
import type { Channel, ChannelAnswer } from '../channel.ts'

/** Rows that are written at once. */
const CONCURRENCY_MAX = 20

/** What is to wait for the customer's next visit. */
export interface OnsiteMessage {
  readonly deliveryId: string
  readonly content: Content<'onsite'>
}

export interface OnsiteSettings {
  /**
   * Keeps a message until a page asks for it; once, however often it is given. `gone`: the customer is not
   * there any more.
   */
  readonly put: (message: OnsiteMessage) => Promise<'stored' | 'gone'>
}

/**
 * Messages that pages of a shop show. It is sent once it is stored: it is the page that comes for it.
 * A store that did not answer may be asked again. Undefined: no page may ask.
 */
export function createOnsiteChannel(settings: OnsiteSettings | undefined): Channel<'onsite'> {
  const closed = new AbortController()

  return {
    name: 'onsite',
    takesIdempotencyKey: true,
    concurrencyMax: CONCURRENCY_MAX,

    async send({ content, idempotencyKey: deliveryId }, timeoutMs) {
      if (settings === undefined) return { type: 'refused', reason: 'no_onsite_page' }
      if (closed.signal.aborted) return { type: 'unavailable', reason: 'closed' }
      const { title, text, link } = content
      if (title === '' || text === '') return { type: 'refused', reason: 'empty_text' }
      if (link !== undefined && !isOnsiteLink(link))
        return { type: 'refused', reason: 'unsafe_link', detail: link }
      return inTime(store(settings, { deliveryId, content }), timeoutMs)
    },

    close: async () => closed.abort(),
  }
}

async function store({ put }: OnsiteSettings, message: OnsiteMessage): Promise<ChannelAnswer> {
  try {
    const stored = await put(message)
    return stored === 'gone'
      ? { type: 'refused', reason: 'no_customer' }
      : { type: 'sent', providerId: null }
  } catch (error) {
    return { type: 'unavailable', reason: 'store_failed', detail: String(error) }
  }
}

async function inTime(answer: Promise<ChannelAnswer>, timeoutMs: number): Promise<ChannelAnswer> {
  const ended = new AbortController()
  const late = sleep(timeoutMs, undefined, { signal: ended.signal }).then((): ChannelAnswer => ({
    type: 'unavailable',
    reason: 'timeout',
  }))
  try {
    return await Promise.race([answer, late])
  } finally {
    late.catch(() => {})
    ended.abort()
  }
}
