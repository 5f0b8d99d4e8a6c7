import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import PostalMime from 'postal-mime'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { journey, mail } from '../support/journeys.ts'
import { startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { startSmtpSink, type SmtpSink } from '../support/smtp-sink.ts'
import { TestCustomer } from '../support/test-customer.ts'

const SHOP = 'https://shop.example/new?from=mail&x=1'
const html =
  '<p><a href="https://shop.example/new?from=mail&amp;x=1">New</a> <a href="{{ unsubscribeUrl }}">Unsubscribe</a></p>'
const BOUNCE = join(import.meta.dirname, '../data/feedback/outlook-unknown-user.eml')

let rumbo: TestRumbo
let smtp: SmtpSink

beforeAll(async () => {
  smtp = await startSmtpSink()
  rumbo = await startTestRumbo(await connectEmbedded(), {
    smtpUrl: smtp.url,
    bounceDomain: 'bounces.shop.example',
  })
  await rumbo.publish(
    journey('news', {
      messages: { hello: { email: { subject: 'news', html } }, bye: mail('bye') },
    }),
    journey('thanks', {
      class: 'service',
      lane: 'service',
      entry: {
        on: [{ event: 'Email Link Clicked' }],
        reentry: { mode: 'never' },
      },
    }),
  )
})
afterAll(async () => {
  await rumbo.stop()
  await smtp.stop()
})

test('a link that is followed starts a journey; a mail that bounces is the last one', async () => {
  const ada = await TestCustomer.create(rumbo, { deliverTo: 'ada@example.com' })
  await ada.track('Signed Up')
  await ada.settle()
  const [raw = ''] = smtp.mails
  const news = await PostalMime.parse(raw)
  const link = /href="([^"]*\/t\/c\/[^"]*)"/.exec(news.html ?? '')?.[1] ?? ''
  expect(link.startsWith(`${rumbo.url}/t/c/`)).toBe(true)
  expect(news.html).toContain(`href="${rumbo.url}/u/`)
  expect(news.html).toContain(`<img src="${rumbo.url}/t/o/`)

  await ada.forward('PT1H')
  const follow = (userAgent: string) =>
    fetch(link, { redirect: 'manual', headers: { 'user-agent': userAgent } })
  expect((await follow('Barracuda Sentinel')).headers.get('location')).toBe(SHOP)
  await ada.settle()
  expect(smtp.subjects).toEqual(['news'])
  expect((await follow('Mozilla/5.0 (X11; Linux) Firefox/140.0')).headers.get('location')).toBe(
    SHOP,
  )
  await ada.settle()
  expect(smtp.subjects).toEqual(['news', 'thanks'])

  const to = news.headers.find(({ key }) => key === 'x-rumbo-return')?.value ?? ''
  const transport = createTransport({
    host: '127.0.0.1',
    port: rumbo.feedbackPort ?? 0,
    ignoreTLS: true,
  })
  await transport.sendMail({ envelope: { from: '', to }, raw: readFileSync(BOUNCE) })
  transport.close()
  // The journey's second mail is due by then.
  await ada.forward('P20D')
  await ada.settle()
  expect(smtp.subjects).toEqual(['news', 'thanks'])
  const { body } = await rumbo.call('GET', `/v1/customers/${ada.customerId}/deliveries`)
  expect(body['data']).toMatchObject([
    { message: 'bye', status: 'dropped' },
    { message: 'bye', status: 'dropped' },
    { message: 'hello', status: 'sent' },
    { message: 'hello', status: 'sent' },
  ])
})
