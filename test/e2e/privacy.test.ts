import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { journey, mail } from '../support/journeys.ts'
import { readEngineTexts } from '../support/engine-texts.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { startSmtpSink, type SmtpSink } from '../support/smtp-sink.ts'
import { TestCustomer } from '../support/test-customer.ts'

/** Nobody else is called so: whatever holds one of these words holds something about Ana. */
const ANA = {
  userId: 'ana.zarzuela@personal.example',
  otherId: 'zarzuela-loyalty-4711',
  anonymousId: 'zarzuela-phone-browser',
  email: 'ana.zarzuela@personal.example',
  inbox: 'zarzuela.tests@personal.example',
  firstName: 'Anastazja',
  lastName: 'Zarzuela',
  phone: '+34 655 010 203',
  street: 'Calle de la Zarzaparrilla 7',
  gift: 'For my dear Brunhilde',
}
const WORDS = [
  'zarzuela',
  'anastazja',
  'personal.example',
  '655 010 203',
  '655010203',
  'zarzaparrilla',
  'brunhilde',
]

let rumbo: TestRumbo
let smtp: SmtpSink

beforeAll(async () => {
  smtp = await startSmtpSink()
  rumbo = await startTestRumbo(await connectEmbedded(), { smtpUrl: smtp.url })
  await rumbo.publish(
    journey('welcome', {
      entry: {
        on: [{ event: 'Order Completed', when: 'event.properties.total > 10' }],
        when: "has('email') && has('firstName') && !has('address')",
        reentry: { mode: 'perKey', property: 'order_id' },
      },
      steps: {
        hello: { type: 'message', message: 'hello', next: 'rest' },
        rest: { type: 'waitFor', event: 'Gift Sent', within: 'P3D', next: 'set', onTimeout: 'set' },
        set: { type: 'update', set: { tier: 'gold' }, next: 'look' },
        look: {
          type: 'branch',
          cases: [{ when: "has('phone') && customer.traits.plan == 'pro'", next: 'bye' }],
          else: 'done',
        },
        bye: { type: 'message', message: 'bye', next: 'done' },
        done: { type: 'exit' },
      },
      messages: {
        hello: mail(
          'Dear {{ customer.traits.firstName }} {{ customer.traits.lastName }}: {{ entry.properties.gift_note }}',
        ),
        bye: mail('Bye {{ customer.traits.phone }}, {{ customer.traits.name }}'),
      },
    }),
    // Its text asks for what she has not given.
    journey('broken', {
      entry: { on: [{ event: 'Birthday' }] },
      steps: {
        hello: { type: 'message', message: 'hello', next: 'done' },
        done: { type: 'exit' },
      },
      messages: { hello: mail('{{ customer.traits.firstName }}, {{ customer.traits.vault.pin }}') },
    }),
  )
})
afterAll(async () => {
  await rumbo.stop()
  await smtp.stop()
})

test('no personal data is in any history, search attribute, memo, summary or log line', async () => {
  const ana = await TestCustomer.create(rumbo, {
    userId: ANA.userId,
    deliverTo: ANA.inbox,
    traits: { email: ANA.email, firstName: ANA.firstName, lastName: ANA.lastName, plan: 'pro' },
  })
  const gift = {
    order_id: 'o1',
    total: 20,
    gift_note: ANA.gift,
    email: ANA.email,
    shipping: { name: ANA.lastName, street: ANA.street, phone: ANA.phone },
  }
  const context = {
    ip: '203.0.113.7',
    traits: { phone: ANA.phone },
    device: { name: ANA.lastName },
  }
  expect(
    await ana.track('Order Completed', gift, { context, messageId: `${ANA.email}-1` }),
  ).toEqual([expect.objectContaining({ outcome: 'enter' })])
  await ana.settle()
  expect(smtp.taken).toHaveLength(1)

  await identify({ phone: ANA.phone, name: `${ANA.firstName} ${ANA.lastName}` })
  await ana.forward('P3D')
  expect(smtp.taken).toHaveLength(2)

  // What goes wrong says what went wrong, and not for whom.
  await ana.track('Birthday', { birthday: '1980-01-01', name: ANA.firstName })
  await ana.settle()
  smtp.refuseWith(550)
  await identify({ address: null })
  await ana.track('Order Completed', { ...gift, order_id: 'o2' })
  await ana.forward('P4D')
  expect(await ana.deliveries()).toMatchObject([
    { status: 'sent' },
    { status: 'sent' },
    { status: 'failed', reason: expect.stringMatching(/^template_error/) as string },
    { status: 'failed', reason: expect.stringMatching(/^smtp_550.+zarzuela/) as string },
    { status: 'failed' },
  ])
  await identify({ address: { street: ANA.street } })
  await ana.track('Order Completed', { ...gift, order_id: 'o3' })

  // Links, refused events, pages that are not there, a customer who is only looked for.
  await rumbo.call('POST', '/v1/alias', { userId: ANA.otherId, previousId: ANA.userId })
  await rumbo.call('POST', '/v1/identify', {
    userId: ANA.userId,
    anonymousId: ANA.anonymousId,
    traits: { username: ANA.lastName },
  })
  await rumbo.call('POST', '/v1/track', { userId: ANA.userId, properties: { name: ANA.lastName } })
  await rumbo.call('GET', `/v1/customers/${encodeURIComponent(`nobody-${ANA.email}`)}`)
  await rumbo.call('POST', '/v1/test-customers', { userId: ANA.userId, traits: {} })
  await rumbo.call('POST', `/v1/customers/${encodeURIComponent(ANA.userId)}/exit`, {
    reason: 'asked for it',
  })
  await ana.settle()
  await ana.actor.cancel()
  await eventually('the actor ended', async () => {
    const { status } = await ana.actor.describe()
    return status.name !== 'RUNNING'
  })
  await ana.track('Order Completed', { ...gift, order_id: 'o4' })
  await ana.settle()

  const texts = await readEngineTexts(rumbo.client)
  // The scan reads what is there: names of steps, decisions, decoded payloads.
  for (const known of ['Order Completed', 'welcome@1', 'deliverMessage', ana.customerId])
    expect(texts.some((text) => text.includes(known))).toBe(true)
  expect(texts.filter(isPersonal)).toEqual([])
  const lines = rumbo.readLog().split('\n')
  expect(lines.length).toBeGreaterThan(1)
  expect(lines.filter(isPersonal)).toEqual([])
})

const isPersonal = (text: string): boolean => {
  const plain = text.toLowerCase()
  return WORDS.some((word) => plain.includes(word))
}

/** Says more about Ana, as her own shop would. */
async function identify(traits: Record<string, unknown>): Promise<void> {
  const answer = await rumbo.call('POST', '/v1/identify?wait=handled', {
    messageId: randomUUID(),
    userId: ANA.userId,
    traits,
  })
  expect(answer.status).toBe(200)
}
