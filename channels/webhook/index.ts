import { verdictOfStatus } from '../../domain/http-status.ts'
import type { Channel, ChannelAnswer } from '../channel.ts'
import { createSignedHttp, type HttpAnswer, type SignedHttpSettings } from '../signed-http.ts'

const CONCURRENCY_MAX = 50

export type WebhookSettings = SignedHttpSettings

/**
 * HTTP POST of JSON, signed. `webhook-id` is the idempotency key: a receiver that has seen it drops
 * the repeat, so a call that nobody answered may be made again.
 */
export function createWebhookChannel(settings: WebhookSettings): Channel<'webhook'> {
  const http = createSignedHttp(settings)

  return {
    name: 'webhook',
    takesIdempotencyKey: true,
    concurrencyMax: CONCURRENCY_MAX,

    async send({ idempotencyKey: id, to: url, content, test }, timeoutMs) {
      const body = JSON.stringify(content.body)
      return answerTo(url, await http.call({ id, url, method: 'POST', body, test }, timeoutMs))
    },

    async close() {
      http.close()
    },
  }
}

function answerTo(url: string, answer: HttpAnswer): ChannelAnswer {
  if (answer.type === 'badUrl') return { type: 'refused', reason: 'bad_url', detail: url }
  if (answer.type === 'failed') {
    const { reason, detail } = answer
    return { type: 'unavailable', reason, detail }
  }
  const { status, afterMs } = answer
  const reason = `http_${status}`
  switch (verdictOfStatus(status)) {
    case 'done':
      return { type: 'sent', providerId: null }
    case 'refused':
      return { type: 'refused', reason }
    case 'later':
      return { type: 'unavailable', reason, ...(afterMs === undefined ? {} : { afterMs }) }
  }
}
