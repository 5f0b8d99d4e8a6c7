import type { Channel, ChannelAnswer } from '../channel.ts'
import { createHttp } from '../http.ts'
import { createExpo, isExpoToken, type ExpoSettings } from './expo.ts'
import { createFcm, type FcmSettings } from './fcm.ts'
import type { PushAnswer, PushProvider, PushRequest } from './push-provider.ts'

const CONCURRENCY_MAX = 50

/** Devices tell by their tokens which provider they are of, so there may be both. */
export interface PushSettings {
  readonly fcm?: FcmSettings | undefined
  readonly expo?: ExpoSettings | undefined
}

/**
 * Push over HTTP, to all devices of a customer at once: `to` holds a token in each line. A device
 * shows a repeat in place of what it has shown, so a call that nobody answered may be made again.
 */
export function createPushChannel({ fcm, expo }: PushSettings): Channel<'push'> {
  const http = createHttp()
  const providers = {
    fcm: fcm && createFcm(http, fcm),
    expo: expo && createExpo(http, expo),
  }

  return {
    name: 'push',
    takesIdempotencyKey: true,
    concurrencyMax: CONCURRENCY_MAX,

    async send({ to, content, idempotencyKey }, timeoutMs) {
      const tokens = to.split('\n').filter((token) => token !== '')
      const [ofExpo, ofFcm] = [tokens.filter(isExpoToken), tokens.filter((t) => !isExpoToken(t))]
      const request = { content, idempotencyKey, timeoutMs }
      const told = await Promise.all([
        ask(providers.expo, { ...request, tokens: ofExpo }),
        ask(providers.fcm, { ...request, tokens: ofFcm }),
      ])
      return inAll(told.flat())
    },

    async close() {
      http.close()
    },
  }
}

/** What became of it at one device. */
type Told = readonly [token: string, answer: PushAnswer]

async function ask(provider: PushProvider | undefined, request: PushRequest): Promise<Told[]> {
  if (request.tokens.length === 0) return []
  if (provider === undefined)
    return request.tokens.map((token) => [token, { type: 'refused', reason: 'no_push_provider' }])
  const answers = await provider.push(request)
  return request.tokens.flatMap((token, index): Told[] => {
    const answer = answers[index]
    return answer === undefined ? [] : [[token, answer]]
  })
}

/** One delivery, whatever number of devices: it is sent if one of them takes it. */
function inAll(told: readonly Told[]): ChannelAnswer {
  const of = <Type extends PushAnswer['type']>(type: Type) =>
    told.flatMap(([, answer]) =>
      answer.type === type ? [answer as Extract<PushAnswer, { type: Type }>] : [],
    )
  const dead = told.filter(([, { type }]) => type === 'dead').map(([token]) => token)
  const buried = dead.length === 0 ? {} : { dead }
  const [sent] = of('sent')
  const tickets = told.flatMap(([token, answer]) =>
    answer.type === 'sent' && answer.isAskedLater === true && answer.providerId !== null
      ? [{ ticketId: answer.providerId, token }]
      : [],
  )
  const asked = tickets.length === 0 ? {} : { tickets }
  if (sent !== undefined) return { type: 'sent', providerId: sent.providerId, ...buried, ...asked }
  const [later] = of('unavailable')
  // Those that are dead are told with the try that comes to an end.
  if (later !== undefined) return later
  const [trouble = { reason: 'no_device' }] = [...of('refused'), ...of('dead')]
  const { reason, ...rest } = trouble
  const detail = 'detail' in rest && rest.detail !== undefined ? { detail: rest.detail } : {}
  return { type: 'refused', reason, ...detail, ...buried }
}
