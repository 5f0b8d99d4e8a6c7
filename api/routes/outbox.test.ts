import { beforeAll, describe, expect, test } from 'vitest'
import { insertOutboxMail } from '../../db/outbox.ts'
import { describeOnEachDatabase } from '../../test/support/database.ts'
import { outboxRoutes } from './outbox.ts'

const HOSTILE_SUBJECT = '<script>alert(1)</script>"\'><img src=x onerror=alert(2)>'
const HOSTILE_HTML =
  '<script>alert(3)</script><img src="https://tracker.example/p.gif"><a href="https://x.example" target="_top">go</a>'

const rawMail = (subject: string): string =>
  [
    'From: no-reply@rumbo.invalid',
    'To: ada@example.com',
    `Subject: ${subject}`,
    'X-Evil: <svg onload=alert(4)>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/alternative; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'plain </pre><script>alert(5)</script>',
    '--b',
    'Content-Type: text/html',
    '',
    HOSTILE_HTML,
    '--b--',
    '',
  ].join('\r\n')

describeOnEachDatabase('outbox', (db) => {
  const app = () =>
    outboxRoutes({
      db: db(),
      links: {
        customer: (id) => `/v1/customers/${id}`,
        workflow: (id) => `http://127.0.0.1:8233/customer/${id}`,
      },
    })
  const get = (path: string, host = 'localhost:3000') => app().request(`http://${host}${path}`)
  const idOf = async (subject: string): Promise<number> => {
    const { outbox_id } = await db()
      .selectFrom('outbox')
      .select('outbox_id')
      .where('subject', '=', subject)
      .executeTakeFirstOrThrow()
    return outbox_id
  }

  beforeAll(async () => {
    await db()
      .insertInto('customers')
      .values({ customer_id: 'c1', created_at: new Date(0), deliver_to: null })
      .execute()
    await db()
      .insertInto('deliveries')
      .values({
        delivery_id: 'd1',
        customer_id: 'c1',
        run_id: 'r1',
        journey: 'welcome',
        version: 3,
        step: 'hello',
        message: 'welcome-1',
        channel: 'email',
        status: 'sent',
        at: new Date('2026-12-06T08:00:00Z'),
        class: 'marketing',
        to_address: 'ada@example.com',
        reason: null,
        provider_id: null,
      })
      .execute()
    const add = (subject: string, deliveryId: string | null) =>
      insertOutboxMail(db(), {
        deliveryId,
        messageId: null,
        from: 'no-reply@rumbo.invalid',
        to: ['ada@example.com'],
        subject,
        raw: rawMail(subject),
      })
    for (let n = 0; n < 60; n++) await add(`mail ${n}`, null)
    await add(HOSTILE_SUBJECT, 'd1')
  })

  describe('200', () => {
    test('lists the newest first, with journey and step, page by page', async () => {
      const page = await (await get('/outbox')).text()
      expect(page).toContain('<b>welcome@3</b> hello')
      expect(page).toContain('2026-12-06 08:00:00 UTC')
      expect(page).toContain('mail 59')
      expect(page).not.toContain('mail 5<')
      const older = /href="(\/outbox\?before=\d+)"/.exec(page)?.[1] ?? ''
      expect(await (await get(older)).text()).toContain('mail 5<')
    })

    test("lists one customer's mails alone where one is named", async () => {
      const page = await (await get('/outbox?customer=nobody')).text()
      expect(page).toContain('Only those to customer nobody')
      expect(page).not.toContain('class="subject"')
      expect(await (await get('/outbox?customer=c1')).text()).toContain('class="subject"')
    })

    test('shows a mail with customer, journey, step, headers and links', async () => {
      const page = await (await get(`/outbox/${await idOf(HOSTILE_SUBJECT)}`)).text()
      expect(page).toContain('href="/v1/customers/c1"')
      expect(page).toContain('href="http://127.0.0.1:8233/customer/c1"')
      expect(page).toContain('welcome@3')
      expect(page).toContain('X-Evil')
    })

    test('a hostile mail is inert in our pages', async () => {
      const id = await idOf(HOSTILE_SUBJECT)
      for (const path of ['/outbox', `/outbox/${id}`]) {
        const answer = await get(path)
        const page = await answer.text()
        expect(page).not.toMatch(/<script|<img|<svg|onerror=alert\(2\)>/)
        expect(answer.headers.get('content-security-policy')).toMatch(
          /^default-src 'none'; style-src 'self'/,
        )
      }
      const page = await (await get(`/outbox/${id}`)).text()
      expect(page).toContain(
        `<iframe title="The mail as it looks" sandbox="" src="/outbox/${id}/body">`,
      )
    })

    test('the mail itself runs nothing and loads nothing', async () => {
      const answer = await get(`/outbox/${await idOf(HOSTILE_SUBJECT)}/body`)
      expect(await answer.text()).toContain(HOSTILE_HTML)
      const policy = answer.headers.get('content-security-policy') ?? ''
      expect(policy).toMatch(/^sandbox; default-src 'none'/)
      expect(policy).not.toMatch(/script-src|allow-|https:/)
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    })

    test('the raw mail is plain text', async () => {
      const answer = await get(`/outbox/${await idOf(HOSTILE_SUBJECT)}/raw`)
      expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
    })
  })

  describe('403', () => {
    test.each([
      'rumbo.example',
      '10.0.0.5:3000',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
    ])('asked for as %s', async (host) => {
      expect((await get('/outbox', host)).status).toBe(403)
      expect((await get('/outbox/1/raw', host)).status).toBe(403)
    })
  })

  describe('404', () => {
    test.each(['/outbox/999999', '/outbox/x', '/outbox/-1', '/outbox/99999999999999999999/body'])(
      '%s',
      async (path) => expect((await get(path)).status).toBe(404),
    )
  })
})
