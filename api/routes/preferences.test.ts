import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../domain/json.ts'
import { insertCustomers, updateProfiles } from '../../db/customer-profiles.ts'
import { setConsent } from '../../operations/set-consent.ts'
import { signLink } from '../../platform/preference-link.ts'
import { createTestApi, type TestApi } from '../../test/support/api.ts'
import { describeOnEachDatabase } from '../../test/support/database.ts'
import { Deliveries } from '../../test/support/deliveries.ts'
import { LINK_SECRET } from '../../test/support/link-secret.ts'
import { createApp } from '../app.ts'

const ONE_CLICK = { 'List-Unsubscribe': 'One-Click' }
const DELIVERY = 'run.1.email'

describeOnEachDatabase('the preference page', (db) => {
  let api: TestApi
  let customerId: string
  let count = 0

  beforeEach(async () => {
    api = await createTestApi(db())
    customerId = `c${++count}`
    await db()
      .transaction()
      .execute(async (trx) => insertCustomers(trx, [{ customerId, atMs: Date.now() }]))
    await traits({ email: 'ada.lovelace@example.com' })
    await consent('email', true)
  })

  const traits = (of: JsonObject) =>
    db()
      .transaction()
      .execute((trx) =>
        updateProfiles(trx, [{ customerId, traits: of, origins: {}, known: true, zone: 'UTC' }]),
      )
  const consent = (channel: string, granted: boolean, purpose = 'marketing') =>
    setConsent(api.deps, { customerId, purpose, channel, granted, source: 'test', keyId: null })
  const token = (changes: { customerId?: string; channel?: string } = {}) =>
    signLink(
      { customerId, purpose: 'marketing', channel: 'email', deliveryId: DELIVERY, ...changes },
      LINK_SECRET,
    )
  const get = (path: string, headers: Record<string, string> = {}) =>
    api.request(`GET ${path}`, { key: null, headers })
  const post = (path: string, form: [string, string][] | Record<string, string>) =>
    createApp(api.deps).request(path, { method: 'POST', body: new URLSearchParams(form) })
  /** Channel → granted, for purpose `marketing`. */
  const inForce = async () => {
    const rows = await db()
      .selectFrom('consents')
      .select(['channel', 'granted'])
      .where('customer_id', '=', customerId)
      .where('purpose', '=', 'marketing')
      .execute()
    return Object.fromEntries(rows.map(({ channel, granted }) => [channel, granted]))
  }
  const history = async () => {
    const rows = await db()
      .selectFrom('consent_history')
      .select(['channel', 'granted', 'source', 'proof'])
      .where('customer_id', '=', customerId)
      .where('source', '<>', 'test')
      .orderBy('history_id')
      .execute()
    return rows.map(({ channel, granted, source, proof }) => [channel, granted, source, proof])
  }

  describe('one click of a mail program', () => {
    test('withdraws the consent of its channel at once, with the delivery as proof', async () => {
      await consent('webhook', true)
      api.pending.length = 0
      const answer = await post(`/u/${token()}`, ONE_CLICK)
      expect(answer.status).toBe(200)
      expect(await inForce()).toEqual({ email: false, webhook: true })
      expect(await history()).toEqual([['email', false, 'list-unsubscribe one-click', DELIVERY]])
      expect(api.pending).toEqual([customerId])
    })

    test('is noted on the delivery whose link it was, and not where there was nothing to withdraw', async () => {
      await db().deleteFrom('deliveries').execute()
      const deliver = (deliveryId: string) =>
        db()
          .insertInto('deliveries')
          .values({
            delivery_id: deliveryId,
            customer_id: customerId,
            run_id: 'run',
            journey: 'welcome',
            version: 1,
            step: 'hello',
            message: 'hello',
            channel: 'email',
            status: 'sent',
            at: new Date(),
          })
          .execute()
      const later = { customerId, purpose: 'marketing', channel: 'email', deliveryId: 'later' }
      await deliver(DELIVERY)
      await deliver('later')
      await post(`/u/${token()}`, ONE_CLICK)
      await post(`/u/${signLink(later, LINK_SECRET)}`, ONE_CLICK)
      const rows = await db()
        .selectFrom('deliveries')
        .select('delivery_id')
        .where('unsubscribed_at', 'is not', null)
        .execute()
      expect(rows).toEqual([{ delivery_id: DELIVERY }])
    })

    test('may come as multipart/form-data', async () => {
      const form = new FormData()
      form.set('List-Unsubscribe', 'One-Click')
      const request = { method: 'POST', body: form }
      expect((await createApp(api.deps).request(`/u/${token()}`, request)).status).toBe(200)
      expect(await inForce()).toEqual({ email: false })
    })

    test('once more changes nothing and is answered alike', async () => {
      await post(`/u/${token()}`, ONE_CLICK)
      api.pending.length = 0
      expect((await post(`/u/${token()}`, ONE_CLICK)).status).toBe(200)
      expect(await history()).toHaveLength(1)
      expect(api.pending).toEqual([])
    })

    test('is kept as a no where nothing was recorded before', async () => {
      await post(`/u/${token({ channel: 'webhook' })}`, ONE_CLICK)
      expect(await inForce()).toEqual({ email: true, webhook: false })
    })

    test.each([
      ['another form', { 'List-Unsubscribe': 'Two-Clicks' }],
      ['an empty one', {}],
    ])('%s is none', async (_, form) => {
      expect((await post(`/u/${token()}`, form)).status).toBe(400)
      expect(await inForce()).toEqual({ email: true })
    })

    test.each([
      ['application/json', '{"List-Unsubscribe":"One-Click"}'],
      ['multipart/form-data; boundary=x', 'List-Unsubscribe=One-Click'],
      ['text/plain', 'List-Unsubscribe=One-Click'],
    ])('%s is none', async (type, body) => {
      const headers = { 'content-type': type }
      const answer = await api.request(`POST /u/${token()}`, { key: null, body, headers })
      expect(answer.status).toBe(400)
      expect(await inForce()).toEqual({ email: true })
    })

    test('at the link in a mail ends the mails at once, engine or not', async () => {
      const sends = new Deliveries(db())
      await sends.publish()
      const send = (deliveryId: string) => sends.deliver(customerId, { deliveryId })
      expect(await send('first')).toMatchObject({ type: 'sent' })

      const { pathname } = new URL(sends.email.sent[0]?.unsubscribeUrl ?? '')
      expect((await post(pathname, ONE_CLICK)).status).toBe(200)
      expect(await send('second')).toEqual({ type: 'dropped', reason: 'no_consent' })
      expect(sends.email.sent).toHaveLength(1)
    })
  })

  describe('reading', () => {
    test.each(['GET', 'HEAD'])(
      '%s changes nothing, whatever stands in the address',
      async (verb) => {
        const query = '?List-Unsubscribe=One-Click&none=yes&shown=email&saved=yes'
        const answer = await api.request(`${verb} /u/${token()}${query}`, { key: null })
        expect(answer.status).toBe(200)
        expect(await inForce()).toEqual({ email: true })
        expect(await history()).toEqual([])
      },
    )

    test('needs no key, and tells of the person a masked address at most', async () => {
      await traits({ email: 'ada.lovelace@example.com', firstName: 'Ada', phone: '+34600' })
      const page = await (await get(`/u/${token()}`)).text()
      expect(page).toContain('a•••@example.com')
      expect(page).not.toMatch(/lovelace|Ada|\+34600/)
    })

    test('shows every channel on record for the purpose, as it is, and its own', async () => {
      await consent('sms "<b>', false)
      await consent('push', true, 'research')
      const page = await (await get(`/u/${token({ channel: 'webhook' })}`)).text()
      const boxes = [...page.matchAll(/type="checkbox"[^>]*?value="([^>]*?)"([^>]*)>/gs)]
      expect(boxes.map(([, channel, rest = '']) => [channel, rest.includes('checked')])).toEqual([
        ['email', true],
        ['sms &quot;&lt;b&gt;', false],
        ['webhook', false],
      ])
    })

    test('runs nothing, loads nothing, is kept and indexed nowhere', async () => {
      const answer = await get(`/u/${token()}`)
      const { headers } = answer
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toMatch(
        /^default-src 'none'; style-src 'sha256-[\w+/]+=*'; form-action 'self';/,
      )
      expect(policy).not.toContain('unsafe')
      const [, style = ''] = /<style>(.*?)<\/style>/s.exec(await answer.text()) ?? []
      expect(policy).toContain(createHash('sha256').update(style).digest('base64'))
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-robots-tag')).toBe('noindex')
    })

    test.each([
      ['es', {}, { language: 'es-ES' }, {}],
      ['pt', {}, { locale: 'pt_BR' }, {}],
      ['es', {}, {}, { 'accept-language': 'es-MX,es;q=0.9' }],
      ['pt', { lang: 'pt' }, { language: 'es' }, {}],
      ['en', {}, {}, { 'accept-language': 'de' }],
    ])('is in %s for %j, %j, %j', async (language, query, known, headers) => {
      await traits({ ...known })
      const search = new URLSearchParams(query).toString()
      const page = await (await get(`/u/${token()}?${search}`, headers)).text()
      expect(page).toContain(`<html lang="${language}">`)
    })
  })

  describe('saving', () => {
    const save = (form: [string, string][], query = '') =>
      post(`/u/${token()}/preferences${query}`, form)

    test('puts each box in force, with the delivery as proof, and comes back with a confirmation', async () => {
      await consent('webhook', false)
      const answer = await save(
        [
          ['shown', 'email'],
          ['shown', 'webhook'],
          ['granted', 'webhook'],
        ],
        '?lang=es',
      )
      expect(await inForce()).toEqual({ email: false, webhook: true })
      expect(await history()).toEqual([
        ['email', false, 'preference page', DELIVERY],
        ['webhook', true, 'preference page', DELIVERY],
      ])
      expect(answer.status).toBe(303)
      const back = new URL(
        answer.headers.get('location') ?? '',
        `http://rumbo.test/behind/u/${token()}/preferences`,
      )
      expect(back.pathname).toBe(`/behind/u/${token()}`)
      const page = await (await get(`/u/${token()}${back.search}`)).text()
      expect(page).toMatch(/role="status">Guardado/)
    })

    test('what is as it was stays, with its proof', async () => {
      await save([
        ['shown', 'email'],
        ['granted', 'email'],
      ])
      expect(await history()).toEqual([])
    })

    test('no more at all: of every channel, boxes or not', async () => {
      await consent('webhook', true)
      await save([
        ['shown', 'email'],
        ['granted', 'email'],
        ['none', 'yes'],
      ])
      expect(await inForce()).toEqual({ email: false, webhook: false })
    })

    test('a channel that the page did not show stays as it is', async () => {
      await consent('webhook', true)
      await save([['shown', 'email']])
      expect(await inForce()).toEqual({ email: false, webhook: true })
    })

    test('grants nothing that the page cannot show, and no other purpose', async () => {
      await consent('sms', false, 'research')
      await save([
        ['shown', 'email'],
        ['shown', 'sms'],
        ['granted', 'email'],
        ['granted', 'sms'],
      ])
      expect(await inForce()).toEqual({ email: true })
    })

    test('without a form changes nothing', async () => {
      const options = { key: null, body: { none: 'yes' } }
      const answer = await api.request(`POST /u/${token()}/preferences`, options)
      expect(answer.status).toBe(400)
      expect(await inForce()).toEqual({ email: true })
    })
  })

  describe('a link that leads nowhere', () => {
    const tampered = () => token().replace(/^./, (first) => (first === 'W' ? 'X' : 'W'))
    const ofNobody = () => token({ customerId: 'nobody' })

    test.each([
      ['tampered with', tampered],
      ['of nobody', ofNobody],
      ['made up', () => 'abc'],
    ])('%s is a page in the language asked for, and changes nothing', async (_, make) => {
      const answer = await get(`/u/${make()}?lang=es`)
      expect(answer.status).toBe(404)
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(await answer.text()).toContain('Este enlace no funciona')
      expect((await post(`/u/${make()}`, ONE_CLICK)).status).toBe(404)
      expect((await post(`/u/${make()}/preferences`, { none: 'yes' })).status).toBe(404)
      expect(await inForce()).toEqual({ email: true })
    })
  })

  test('one customer cannot take the page away from the others', async () => {
    const now = () => 0
    const app = createApp({ ...api.deps, now })
    const statusOf = async (link: string) => (await app.request(`/u/${link}`)).status
    const link = token()
    const statuses = new Set<number>()
    for (let n = 0; n < 60; n++) statuses.add(await statusOf(link))
    expect(statuses).toEqual(new Set([200, 429]))
    expect(await statusOf(token({ customerId: 'nobody' }))).toBe(404)
  })

  test('with SQL away says so on a page that can be tried again', async () => {
    const away = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
    const failing = new Proxy(db(), {
      get: () => () => {
        throw away
      },
    })
    const app = createApp({ ...api.deps, db: failing })
    const answer = await app.request(`/u/${token()}?lang=pt`)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(await answer.text()).toContain('Agora não foi possível')
  })

  test('is not in openapi.json', async () => {
    const document = (await (await api.request('GET /openapi.json')).json()) as { paths: object }
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/u'))).toEqual([])
  })
})
