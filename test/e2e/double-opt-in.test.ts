import PostalMime from 'postal-mime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { JsonObject } from '../../domain/json.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { startSmtpSink, type SmtpSink } from '../support/smtp-sink.ts'
import { TestCustomer } from '../support/test-customer.ts'

let rumbo: TestRumbo
let smtp: SmtpSink

beforeAll(async () => {
  smtp = await startSmtpSink()
  rumbo = await startTestRumbo(await connectEmbedded(), { smtpUrl: smtp.url })
  await rumbo.publish(
    journey('news', {
      entry: {
        on: [{ event: 'Consent Confirmed' }, { event: 'Signed Up' }],
        reentry: { mode: 'afterExit' },
      },
      messages: {
        hello: { email: { subject: 'News', html: 'News' } },
        bye: { email: { subject: 'More', html: 'More' } },
      },
    }),
  )
  const text = { locale: 'es', wording: 'Quiero recibir novedades y ofertas.' }
  await rumbo.call('PUT', '/v1/consent-texts/news-es', text)
})
afterAll(async () => {
  await rumbo.stop()
  await smtp.stop()
})

/** Subjects and links of the mails to one address, in order. */
const inbox = async (address: string) => {
  const mails = await Promise.all(smtp.mails.map((raw) => PostalMime.parse(raw)))
  return mails
    .filter(({ to }) => to?.some((each) => each.address === address))
    .map(({ subject, html = '', text = '', headers }) => ({
      subject,
      link: /href="(http[^"]+\/c\/[^"]+)"/.exec(html)?.[1] ?? '',
      text,
      isMarketing: headers.some(({ key }) => key === 'list-unsubscribe'),
    }))
}

const place = ({ customerId }: TestCustomer) =>
  `/v1/customers/${customerId}/consents/marketing/email`
const ask = async (customer: TestCustomer) => {
  const body = { textVersion: 'news-es', source: 'footer form' }
  expect((await rumbo.call('POST', `${place(customer)}/requests`, body)).status).toBe(202)
  await customer.settle()
}
const newcomer = async (name: string) => {
  const email = `${name}@example.com`
  const customer = await TestCustomer.create(rumbo, {
    traits: { email },
    deliverTo: email,
    consent: false,
  })
  return { customer, email }
}
const standing = async ({ customerId }: TestCustomer) =>
  (await rumbo.call('GET', `/v1/customers/${customerId}/consents`)).body as {
    inForce: JsonObject[]
    requests: JsonObject[]
  }

test('a request is a mail, its link a page, the button a consent, and only then there is marketing', async () => {
  const { customer, email } = await newcomer('ada')
  await customer.track('Signed Up')
  await ask(customer)
  const [asked, ...others] = await inbox(email)
  expect(others).toEqual([])
  expect(asked).toMatchObject({ subject: 'Confirma tu dirección', isMarketing: false })
  expect(asked?.text).toContain(asked?.link)

  // Looked at by a scanner of links first, which confirms nothing.
  const page = await fetch(asked?.link ?? '')
  expect(page.status).toBe(200)
  const shown = await page.text()
  expect(shown).toContain('Quiero recibir novedades y ofertas.')
  await customer.track('Signed Up')
  await customer.settle()
  expect(await inbox(email)).toHaveLength(1)

  const [, action = ''] = /<form method="post" action="([^"]+)"/.exec(shown) ?? []
  const confirmed = await fetch(new URL(action, asked?.link), { method: 'POST' })
  expect(await confirmed.text()).toContain('Confirmado')
  await eventually('the news', async () => (await inbox(email)).length > 1)
  await customer.settle()
  expect((await inbox(email)).map(({ subject }) => subject)).toEqual([
    'Confirma tu dirección',
    'News',
  ])
  expect(await standing(customer)).toMatchObject({
    inForce: [{ granted: true, source: 'double opt-in', textVersion: 'news-es' }],
    requests: [{ status: 'confirmed' }],
  })
  expect(await customer.story()).toContain('left double-opt-in@1: confirmed')
  // Confirmed, nobody is reminded.
  await customer.forward('P3D')
  expect((await inbox(email)).map(({ subject }) => subject)).not.toContain(
    'Aún falta tu confirmación',
  )
})

test('who does not confirm is reminded once, then the link expires, and nothing was granted', async () => {
  const { customer, email } = await newcomer('ben')
  await ask(customer)
  await customer.forward('P3D')
  const [asked, reminded] = await inbox(email)
  expect(reminded).toMatchObject({ subject: 'Aún falta tu confirmación', isMarketing: false })
  expect(reminded?.link).toBe(asked?.link)
  await customer.forward('P5D')
  await customer.forward('P30D')
  expect(await inbox(email)).toHaveLength(2)
  expect((await customer.story()).at(-1)).toBe('left double-opt-in@1: expired')

  const late = await fetch(asked?.link ?? '', { method: 'POST' })
  expect(await late.text()).toContain('Este enlace ha caducado')
  expect(await standing(customer)).toMatchObject({ inForce: [], requests: [{ status: 'expired' }] })
  await ask(customer)
  expect(await inbox(email)).toHaveLength(3)
})

test('a no in the middle of it ends the request and its journey: no reminder, and the link grants nothing', async () => {
  const { customer, email } = await newcomer('cleo')
  await ask(customer)
  await customer.consent(false)
  await customer.settle()
  expect((await customer.story()).at(-1)).toBe('left double-opt-in@1: request_ended')
  await customer.forward('P10D')
  const [asked, ...others] = await inbox(email)
  expect(others).toEqual([])
  await fetch(asked?.link ?? '', { method: 'POST' })
  expect(await standing(customer)).toMatchObject({
    inForce: [{ granted: false }],
    requests: [{ status: 'withdrawn' }],
  })
})

test('a no after it was confirmed ends the marketing journey that it began', async () => {
  const { customer, email } = await newcomer('dora')
  await ask(customer)
  const [asked] = await inbox(email)
  await fetch(asked?.link ?? '', { method: 'POST' })
  await eventually('the news', async () => (await inbox(email)).length > 1)
  await customer.settle()
  await customer.consent(false)
  await customer.forward('P30D')
  expect((await inbox(email)).map(({ subject }) => subject)).toEqual([
    'Confirma tu dirección',
    'News',
  ])
  expect((await customer.story()).at(-1)).toBe('left news@1: consent_withdrawn')
})

test('an address that changed meanwhile gets no link of the old request, and is not confirmed by it', async () => {
  const { customer, email } = await newcomer('eve')
  await ask(customer)
  const [asked] = await inbox(email)
  await rumbo.call('POST', '/v1/identify', {
    userId: customer.userId,
    traits: { email: 'eve.new@example.com' },
    messageId: 'eve moves',
  })
  await customer.forward('P3D')
  expect(await inbox(email)).toHaveLength(1)
  expect(await customer.deliveries()).toMatchObject([
    { message: 'confirm', status: 'sent' },
    { message: 'reminder', status: 'dropped', reason: 'request_readdressed' },
  ])
  const page = await fetch(asked?.link ?? '', { method: 'POST' })
  expect(await page.text()).toContain('Este enlace era para otra dirección')
  expect(await standing(customer)).toMatchObject({ inForce: [] })
})
