import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { insertCustomers, updateProfiles } from '../../db/customer-profiles.ts'
import { publishConsentText } from '../../operations/publish-consent-text.ts'
import { requestConsent } from '../../operations/request-consent.ts'
import { setConsent } from '../../operations/set-consent.ts'
import { signConfirmLink } from '../../platform/confirm-link.ts'
import { signLink } from '../../platform/preference-link.ts'
import { createTestApi, type TestApi } from '../../test/support/api.ts'
import { describeOnEachDatabase } from '../../test/support/database.ts'
import { LINK_SECRET } from '../../test/support/link-secret.ts'
import { createApp } from '../app.ts'

const START_MS = Date.parse('2026-11-02T09:00:00Z')
const DAY_MS = 86_400_000
const WORDING = 'Quiero <novedades> y ofertas.'

describeOnEachDatabase('the confirmation page', (db) => {
  let api: TestApi
  let customerId: string
  let nowMs: number
  let token: string
  let requestId: string
  let count = 0

  beforeEach(async () => {
    nowMs = START_MS
    api = await createTestApi(db(), { now: () => nowMs })
    customerId = `asked-${++count}`
    await db()
      .transaction()
      .execute((trx) => insertCustomers(trx, [{ customerId, atMs: START_MS }]))
    await moveTo('ada.lovelace@example.com')
    const text = { version: 'news-es', locale: 'es', wording: WORDING, keyId: 'k' }
    await publishConsentText(api.deps, text)
    await ask()
    api.pending.length = 0
  })

  const moveTo = (email: string) =>
    db()
      .transaction()
      .execute((trx) =>
        updateProfiles(trx, [
          { customerId, traits: { email }, origins: {}, known: true, zone: 'UTC' },
        ]),
      )
  const ask = async () => {
    const said = { purpose: 'marketing', channel: 'email', textVersion: 'news-es', source: 'form' }
    const asked = await requestConsent(api.deps, {
      ...said,
      customerId,
      proof: { page: 'footer' },
      keyId: 'k',
    })
    if (asked.type !== 'open') throw new Error('It is granted already.')
    requestId = asked.request.requestId
    token = signConfirmLink(asked.request, LINK_SECRET)
  }
  const sayNo = () =>
    setConsent(api.deps, {
      customerId,
      purpose: 'marketing',
      channel: 'email',
      granted: false,
      source: 'test',
      keyId: null,
    })
  const get = (path = `/c/${token}`, method = 'GET') =>
    api.request(`${method} ${path}`, { key: null })
  const press = (path = `/c/${token}`) => createApp(api.deps).request(path, { method: 'POST' })
  const consents = () =>
    db()
      .selectFrom('consents')
      .select(['granted', 'source', 'evidence', 'text_version'])
      .where('customer_id', '=', customerId)
      .execute()
  const events = async () => {
    const rows = await db()
      .selectFrom('events')
      .select(['type', 'name'])
      .where('customer_id', '=', customerId)
      .orderBy('seq')
      .execute()
    return rows.map(({ type, name }) => name ?? type)
  }

  test.each(['GET', 'HEAD'])('%s confirms nothing: scanners open every link', async (method) => {
    expect((await get(`/c/${token}?confirm=yes`, method)).status).toBe(200)
    expect(await consents()).toEqual([])
    expect(await events()).toEqual(['Consent Requested'])
  })

  test('shows the wording as it was published, and of the person a masked address', async () => {
    const page = await (await get()).text()
    expect(page).toContain('<html lang="es">')
    expect(page).toContain('<p lang="es">Quiero &lt;novedades&gt; y ofertas.</p>')
    expect(page).toContain('a•••@example.com')
    expect(page).not.toContain('lovelace')
    expect(page).toContain('<form method="post"')
  })

  test.each(['es', 'pt', 'en'])('is there in %s', async (language) => {
    expect(await (await get(`/c/${token}?lang=${language}`)).text()).toContain(
      `<html lang="${language}">`,
    )
  })

  test('runs nothing, loads nothing, is kept and indexed nowhere', async () => {
    const answer = await get()
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+=*'; form-action 'self';/)
    const [, style = ''] = /<style>(.*?)<\/style>/s.exec(await answer.text()) ?? []
    expect(policy).toContain(createHash('sha256').update(style).digest('base64'))
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.get('x-robots-tag')).toBe('noindex')
  })

  test('the button grants it once, with the request as proof and nothing of the machine that pressed it', async () => {
    nowMs += 60_000
    const answer = await press()
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toBe(`${token}?lang=es`)
    const proof = {
      requestId,
      requestedAt: '2026-11-02T09:00:00.000Z',
      confirmedAt: '2026-11-02T09:01:00.000Z',
      asked: { source: 'form', proof: { page: 'footer' } },
    }
    expect(await consents()).toEqual([
      { granted: true, source: 'double opt-in', evidence: proof, text_version: 'news-es' },
    ])
    expect(await events()).toEqual(['Consent Requested', 'consent', 'Consent Confirmed'])
    expect(api.pending).toEqual([customerId])

    nowMs += 60_000
    expect((await press()).status).toBe(303)
    expect(await consents()).toMatchObject([{ evidence: proof }])
    expect(await events()).toHaveLength(3)
    expect(await (await get()).text()).toContain('Confirmado')
  })

  test('pressed twice at once grants it once', async () => {
    await Promise.all([press(), press(), press()])
    expect(await events()).toEqual(['Consent Requested', 'consent', 'Consent Confirmed'])
  })

  test('stays confirmed on the page after its term, and grants nothing again after a no', async () => {
    await press()
    nowMs += 1
    await sayNo()
    nowMs += 30 * DAY_MS
    await press()
    expect(await consents()).toMatchObject([{ granted: false }])
    expect(await (await get()).text()).toContain('Confirmado')
  })

  describe('grants nothing, and says why on a page', () => {
    test('after its term, and it can be asked for again', async () => {
      nowMs += 7 * DAY_MS
      expect((await press()).status).toBe(303)
      const page = await (await get()).text()
      expect(page).toContain('Este enlace ha caducado')
      expect(page).not.toContain('<form')
      expect(await consents()).toEqual([])
      const before = token
      await ask()
      expect(token).not.toBe(before)
      await press()
      expect(await consents()).toMatchObject([{ granted: true }])
    })

    test('for an address that is another one by now', async () => {
      await moveTo('grace@example.com')
      await press()
      expect(await consents()).toEqual([])
      expect(await (await get()).text()).toContain('Este enlace era para otra dirección')
    })

    test('after the customer has said no', async () => {
      await sayNo()
      await press()
      expect(await consents()).toMatchObject([{ granted: false }])
      expect(await (await get()).text()).toContain('Esta petición ya no está abierta')
    })

    test('after a no on the preference page, whatever was on record', async () => {
      const subject = { customerId, purpose: 'marketing', channel: 'email', deliveryId: 'd' }
      const preferences = `/u/${signLink(subject, LINK_SECRET)}/preferences`
      const none = { method: 'POST', body: new URLSearchParams({ none: 'yes' }) }
      await createApp(api.deps).request(preferences, none)
      await ask()
      await createApp(api.deps).request(preferences, none)
      await press()
      expect(await consents()).toMatchObject([{ granted: false }])
    })
  })

  test.each([
    ['tampered with', () => token.replace(/^./, (first) => (first === 'W' ? 'X' : 'W'))],
    ['of nothing', () => signConfirmLink({ requestId: 'none', expiresAtMs: 9e15 }, LINK_SECRET)],
    ['made up', () => 'abc'],
  ])('a link %s leads nowhere', async (_, make) => {
    const answer = await get(`/c/${make()}?lang=es`)
    expect(answer.status).toBe(404)
    expect(await answer.text()).toContain('Este enlace no funciona')
    expect((await press(`/c/${make()}`)).status).toBe(404)
  })

  test('the link itself holds nothing of the person', () => {
    const held = Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()
    expect(JSON.parse(held)).toEqual([requestId, START_MS + 7 * DAY_MS])
  })

  test('one link cannot take the page away from the others', async () => {
    const app = createApp(api.deps)
    const statuses = new Set<number>()
    for (let n = 0; n < 60; n++) statuses.add((await app.request(`/c/${token}`)).status)
    expect(statuses).toEqual(new Set([200, 429]))
  })

  test('is not in openapi.json', async () => {
    const document = (await (await api.request('GET /openapi.json')).json()) as { paths: object }
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/c/'))).toEqual([])
  })
})
