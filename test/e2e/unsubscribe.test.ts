import PostalMime from 'postal-mime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { startSmtpSink, type SmtpSink } from '../support/smtp-sink.ts'
import { TestCustomer } from '../support/test-customer.ts'

const html = '<a href="{{ unsubscribeUrl }}">Unsubscribe</a>'

let rumbo: TestRumbo
let smtp: SmtpSink

beforeAll(async () => {
  smtp = await startSmtpSink()
  rumbo = await startTestRumbo(await connectEmbedded(), { smtpUrl: smtp.url })
  await rumbo.publish(
    journey('news', {
      messages: {
        hello: { email: { subject: 'News', html } },
        bye: { email: { subject: 'More', html } },
      },
    }),
    journey('receipt', {
      class: 'service',
      entry: { on: [{ event: 'Order Completed' }] },
    }),
  )
})
afterAll(async () => {
  await rumbo.stop()
  await smtp.stop()
})

const inbox = async () => {
  const mails = await Promise.all(smtp.mails.map((raw) => PostalMime.parse(raw)))
  return mails.map(({ subject, headers, html: body }) => ({
    subject,
    body,
    header: (name: string) => headers.find(({ key }) => key === name)?.value,
  }))
}
/** As a mail program does it: no key, no cookie, no redirect followed. */
const oneClick = (url: string, post: string) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: post,
    redirect: 'error',
    credentials: 'omit',
  })

test('one click in a mail program takes the customer out, and no marketing mail follows', async () => {
  const ada = await TestCustomer.create(rumbo, { deliverTo: 'ada@example.com' })
  await ada.track('Signed Up')
  await ada.settle()
  const [news] = await inbox()
  expect(news?.subject).toBe('News')

  const url = /^<(http[^>]+)>$/.exec(news?.header('list-unsubscribe') ?? '')?.[1] ?? ''
  expect(url.startsWith(`${rumbo.url}/u/`)).toBe(true)
  expect(news?.body).toContain(`<a href="${url}">`)
  const post = news?.header('list-unsubscribe-post') ?? ''
  expect(post).toBe('List-Unsubscribe=One-Click')

  // Looked at by a scanner of links first, which changes nothing.
  expect((await fetch(url)).status).toBe(200)
  expect(await consentOf(ada)).toMatchObject({ granted: true })

  expect((await oneClick(url, post)).status).toBe(200)
  const [delivery] = await rumbo.db.selectFrom('deliveries').select('delivery_id').execute()
  expect(await consentOf(ada)).toMatchObject({
    granted: false,
    source: 'list-unsubscribe one-click',
    proof: delivery?.delivery_id,
  })
  expect((await oneClick(url, post)).status).toBe(200)

  // The actor hears of it by the log.
  await eventually('the run has ended', async () => (await ada.runs()).length === 0)
  expect((await ada.story()).at(-1)).toBe('left news@1: consent_withdrawn')
  await ada.forward('P30D')
  await ada.track('Signed Up')
  await ada.track('Order Completed')
  await ada.settle()
  const mails = await inbox()
  expect(mails.map(({ subject }) => subject)).toEqual(['News', 'receipt'])
  expect(mails[1]?.header('list-unsubscribe')).toBeUndefined()
})

async function consentOf({ customerId }: TestCustomer) {
  const { body } = await rumbo.call('GET', `/v1/customers/${customerId}`)
  return (body['consents'] as object[])[0]
}
