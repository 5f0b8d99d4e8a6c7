import type { Channel } from '../channel.ts'
import { createHttp } from '../http.ts'
import { unanswered } from '../provider-answer.ts'
import type { SmsProvider } from './sms-provider.ts'
import { createTwilio, type TwilioSettings } from './twilio.ts'
import { createVonage, type VonageSettings } from './vonage.ts'

const CONCURRENCY_MAX = 20
const E164 = /^\+[1-9]\d{4,14}$/

export type SmsSettings = TwilioSettings | VonageSettings

/**
 * SMS over HTTP. No provider drops repeats: a conversation that breaks after the request has gone
 * leaves nobody who knows, and is answered `unknown`. Undefined: there is no provider.
 */
export function createSmsChannel(settings: SmsSettings | undefined): Channel<'sms'> {
  const provider = settings && providerOf(settings)
  const http = createHttp()
  const closed = new AbortController()

  return {
    name: 'sms',
    takesIdempotencyKey: false,
    concurrencyMax: CONCURRENCY_MAX,

    async send({ to, content: { text }, idempotencyKey }, timeoutMs) {
      if (provider === undefined) return { type: 'refused', reason: 'no_sms_provider' }
      if (closed.signal.aborted) return { type: 'unavailable', reason: 'closed' }
      if (!E164.test(to)) return { type: 'refused', reason: 'bad_address', detail: to }
      if (text === '') return { type: 'refused', reason: 'empty_text' }
      const sms = { to, text, idempotencyKey }
      const answer = await http.call(provider.request(sms), timeoutMs)
      return answer.type === 'answered'
        ? provider.read(answer, sms)
        : unanswered(answer, { takesRepeats: false })
    },

    async close() {
      closed.abort()
      http.close()
    },
  }
}

function providerOf(settings: SmsSettings): SmsProvider {
  switch (settings.provider) {
    case 'twilio':
      return createTwilio(settings)
    case 'vonage':
      return createVonage(settings)
  }
}
