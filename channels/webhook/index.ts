import type { Channel } from '../channel.ts'
import { answerOfReceiver } from '../receiver-answer.ts'
import { createSignedHttp, type SignedHttpSettings } from '../signed-http.ts'

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
      return answerOfReceiver(
        url,
        await http.call({ id, url, method: 'POST', body, test }, timeoutMs),
      )
    },

    async close() {
      http.close()
    },
  }
}
