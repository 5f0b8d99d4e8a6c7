import { describe, expect, test } from 'vitest'
import { describeChannel, type Conduct, type LocalProvider } from '../channel.cases.ts'
import type { Outgoing } from '../channel.ts'
import { createOnsiteChannel, type OnsiteMessage } from './index.ts'

const message = (idempotencyKey: string): Outgoing<'onsite'> => ({
  idempotencyKey,
  to: 'onsite',
  content: { kind: 'popup', title: 'Hello', text: 'Still looking?', link: '/sale' },
  test: false,
})

type LocalOnsite = LocalProvider<'onsite'> & { readonly stored: OnsiteMessage[] }

/** A store that does what it is told. What it is in production is tested where it is written. */
async function start(): Promise<LocalOnsite> {
  const stored: OnsiteMessage[] = []
  const never = new Promise<never>(() => {})
  const conducts: Record<Conduct, (taken: OnsiteMessage) => Promise<'stored' | 'gone'>> = {
    take: async (taken) => (stored.push(taken), 'stored'),
    refuse: async () => 'gone',
    'fail for a while': () => Promise.reject(new Error('The store is starting up')),
    throttle: () => Promise.reject(new Error('Too many connections')),
    stall: () => never,
    'break before taking': () => Promise.reject(new Error('Connection reset')),
    'break after taking': (taken) => {
      stored.push(taken)
      return Promise.reject(new Error('Connection reset'))
    },
    'take slowly': (taken) => (stored.push(taken), never),
  }
  let isThere = true
  const local: LocalOnsite = {
    conduct: 'take',
    message,
    stored,
    get taken() {
      return stored.map(({ deliveryId }) => deliveryId)
    },
    channel: createOnsiteChannel({
      put: async (each) => {
        if (!isThere) throw new Error('Connection refused')
        return conducts[local.conduct](each)
      },
    }),
    stop: async () => void (isThere = false),
  }
  return local
}

describeChannel('onsite', start)

describe('what is stored', () => {
  const send = async (changes: Partial<Outgoing<'onsite'>['content']>) => {
    const { channel, stored } = await start()
    const { content, ...rest } = message('run.1.onsite')
    const answer = await channel.send({ ...rest, content: { ...content, ...changes } }, 1_000)
    return { answer, stored }
  }

  test('the content, under the id of the delivery', async () => {
    const { answer, stored } = await send({})
    expect(answer).toEqual({ type: 'sent', providerId: null })
    expect(stored).toEqual([
      { deliveryId: 'run.1.onsite', content: message('run.1.onsite').content },
    ])
  })

  test.each(['javascript:alert(1)', '//evil.example', 'http://shop.example/'])(
    'nothing that would lead to %s, whatever a template printed',
    async (link) => {
      const { answer, stored } = await send({ link })
      expect(answer).toEqual({ type: 'refused', reason: 'unsafe_link', detail: link })
      expect(stored).toEqual([])
    },
  )

  test.each([{ title: '' }, { text: '' }])('nothing empty: %j', async (empty) => {
    expect((await send(empty)).answer).toEqual({ type: 'refused', reason: 'empty_text' })
  })

  test('nothing where no page may ask', async () => {
    const answer = await createOnsiteChannel(undefined).send(message('k'), 1_000)
    expect(answer).toEqual({ type: 'refused', reason: 'no_onsite_page' })
  })
})
