import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import type { JsonObject } from '../../domain/json.ts'
import { startChromium } from '../support/chromium.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { startShopPage, type ShopPage } from '../support/shop-page.ts'
import { TestCustomer } from '../support/test-customer.ts'

/** Says something along the edge of the page, without a button. */
const banner = journey('notice', {
  class: 'service',
  entry: { on: [{ event: 'Delivery Delayed' }], reentry: { mode: 'afterExit' } },
  steps: { hello: { type: 'message', message: 'hello', next: 'done' }, done: { type: 'exit' } },
  messages: {
    hello: {
      onsite: {
        kind: 'banner',
        title: 'Deliveries take a day longer',
        text: '<b>Snow</b> & ice',
        link: 'https://shop.example/snow',
        expiresIn: 'PT15S',
      },
    },
  },
})
const popup = JSON.parse(
  readFileSync(
    new URL('../../examples/journeys/browsing-lead-popup.json', import.meta.url),
    'utf8',
  ),
) as Journey
/** What is known of a visitor, and must not be on the page. */
const PERSONAL = { email: 'ada@example.com', firstName: 'Adalovelace', phone: '+351912345678' }

let rumbo: TestRumbo
let shop: ShopPage
let browser: Browser
let writeKey: string
let pages: Page[] = []

beforeAll(async () => {
  browser = await startChromium()
  shop = await startShopPage()
  rumbo = await startTestRumbo(await connectEmbedded(), { onsiteOrigins: [shop.origin] })
  await rumbo.publish(popup, banner)
  const key = await rumbo.call('POST', '/v1/keys', { name: 'shop', scopes: ['ingest'] })
  writeKey = key.body['secret'] as string
})
afterEach(async () => {
  for (const page of pages) await page.close()
  pages = []
})
afterAll(async () => {
  await browser?.close()
  await rumbo?.stop()
  await shop?.stop()
})

/** The shop as a visitor has it open, with everything that the browser complains of. */
async function visit(
  attributes: Record<string, string>,
  before?: (page: Page) => Promise<unknown>,
) {
  shop.rumbo = { url: rumbo.url, attributes: { 'write-key': writeKey, every: '2', ...attributes } }
  const page = await browser.newPage()
  pages.push(page)
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await before?.(page)
  await page.goto(shop.origin)
  return { page, complaints }
}

/** What the engine made of a browser's own life, as a shop sends it. */
async function view(ids: JsonObject, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const answer = await rumbo.call('POST', '/v1/track?wait=handled', {
      ...ids,
      event: 'Product Viewed',
      properties: { product_id: `p-${n}`, category: 'Sofas' },
      messageId: randomUUID(),
    })
    expect(answer.status).toBe(200)
  }
}

const happened = async (path: string): Promise<string[]> => {
  const { body } = await rumbo.call('GET', `/v1/customers/${path}/timeline?limit=200`)
  return (body['data'] as { summary: string }[]).map(({ summary }) => summary)
}
const told = async (anonymousId: string): Promise<string[]> => {
  const rows = await rumbo.db
    .selectFrom('events')
    .innerJoin('identities', 'identities.customer_id', 'events.customer_id')
    .select('events.name')
    .where('identities.value', '=', anonymousId)
    .where('events.name', 'like', 'Onsite %')
    .orderBy('events.seq')
    .execute()
  return rows.map(({ name }) => String(name))
}

test('somebody who browses gets a pop-up on the open page, under a strict policy, and the click comes back', async () => {
  const anonymousId = `browser-${randomUUID()}`
  await rumbo.call('POST', '/v1/identify', { anonymousId, traits: PERSONAL })
  const { page, complaints } = await visit({ 'anonymous-id': anonymousId })
  await view({ anonymousId }, 3)

  const box = page.getByRole('dialog', { name: 'Still looking for the right sofas?' })
  await box.waitFor()
  await eventually('the view', async () => (await told(anonymousId)).length === 1)
  const shown = await page.evaluate(
    'document.documentElement.outerHTML + document.querySelector("rumbo-onsite").shadowRoot.innerHTML + JSON.stringify({ ...localStorage }) + document.cookie',
  )
  for (const personal of Object.values(PERSONAL)) expect(String(shown)).not.toContain(personal)

  await box.getByRole('link', { name: 'Help me choose' }).click()
  await page.waitForURL(`${shop.origin}/guide?from=Sofas`)
  await eventually('the click', async () => (await told(anonymousId)).length === 2)
  expect(await told(anonymousId)).toEqual(['Onsite Viewed', 'Onsite Clicked'])
  await eventually('the end of the run', async () =>
    (await happened(`anonymous:${anonymousId}`)).some((line) => line.includes('helped')),
  )
  expect(complaints).toEqual([])
})

test('put away by its button or by the escape key, it is over for good', async () => {
  for (const putAway of [
    (page: Page) => page.getByRole('button', { name: 'No, thank you' }).click(),
    (page: Page) => page.keyboard.press('Escape'),
  ]) {
    const anonymousId = `browser-${randomUUID()}`
    await view({ anonymousId }, 3)
    // As Segment's library leaves it.
    const { page, complaints } = await visit({}, (fresh) =>
      fresh.addInitScript(`localStorage.setItem('ajs_anonymous_id', '"${anonymousId}"')`),
    )
    const box = page.getByRole('dialog')
    await box.waitFor()
    await putAway(page)
    await box.waitFor({ state: 'detached' })
    await eventually('both', async () => (await told(anonymousId)).length === 2)
    expect((await told(anonymousId)).toSorted()).toEqual(['Onsite Dismissed', 'Onsite Viewed'])
    const asked = page.waitForResponse((response) => response.url().endsWith('/v1/onsite/next'))
    await page.reload()
    expect((await asked).status()).toBe(204)
    expect(complaints).toEqual([])
  }
})

test('a banner shows texts as texts, its title leads on, and it goes when its time is over', async () => {
  const anonymousId = `browser-${randomUUID()}`
  const { page, complaints } = await visit({ 'anonymous-id': anonymousId })
  await rumbo.call('POST', '/v1/track', {
    anonymousId,
    event: 'Delivery Delayed',
    messageId: randomUUID(),
  })
  const box = page.getByRole('region', { name: 'Deliveries take a day longer' })
  await box.waitFor()
  expect(await box.getByText('<b>Snow</b> & ice').count()).toBe(1)
  expect(await box.getByRole('link').getAttribute('href')).toBe('https://shop.example/snow')
  await box.waitFor({ state: 'detached' })
  await eventually('its end', async () => (await told(anonymousId)).length === 2)
  expect(await told(anonymousId)).toEqual(['Onsite Viewed', 'Onsite Expired'])
  expect(complaints).toEqual([])
})

test('on a page of somebody else nothing is shown', async () => {
  const anonymousId = `browser-${randomUUID()}`
  await view({ anonymousId }, 3)
  const elsewhere = await startShopPage()
  try {
    elsewhere.rumbo = {
      url: rumbo.url,
      attributes: { 'write-key': writeKey, 'anonymous-id': anonymousId },
    }
    const page = await browser.newPage()
    pages.push(page)
    const refused = page.waitForEvent('console', (message) => message.text().includes('CORS'))
    await page.goto(elsewhere.origin)
    await refused
    expect(await page.locator('rumbo-onsite').count()).toBe(0)
    expect(await told(anonymousId)).toEqual([])
  } finally {
    await elsewhere.stop()
  }
})

test('one that nobody came for is over by the clock of its customer, and its journey hears it', async () => {
  const eva = await TestCustomer.create(rumbo)
  await view({ userId: eva.userId }, 3)
  await eva.settle()
  expect(await eva.runs()).toEqual(['browsing-lead-popup@1:answer waiting'])
  expect(await eva.deliveries()).toMatchObject([{ message: 'still-looking', status: 'sent' }])
  await eva.forward('PT3H')
  expect(await eva.runs()).toEqual([])
  await eventually('its end', async () => (await told(eva.userId)).length === 1)
  expect(await told(eva.userId)).toEqual(['Onsite Expired'])
  const asked = await rumbo.call('POST', '/v1/onsite/next', { userId: eva.userId })
  expect(asked.status).toBe(204)
})
