import { beforeEach, describe, expect, test } from 'vitest'
import { signOnsite } from '../../platform/onsite-token.ts'
import { createTestApi, type TestApi } from '../../test/support/api.ts'
import { describeOnEachDatabase } from '../../test/support/database.ts'
import { LINK_SECRET } from '../../test/support/link-secret.ts'
import { OnsiteWorld, SENT_MS } from '../../test/support/onsite.ts'

const SHOP = 'https://shop.example'
const ELSEWHERE = 'https://elsewhere.example'

describeOnEachDatabase('what pages ask and tell', (db) => {
  let api: TestApi
  let world: OnsiteWorld
  let writeKey: string
  beforeEach(async () => {
    world = new OnsiteWorld(db())
    await world.begin()
    await world.addVisitor('ada')
    api = await createTestApi(db(), { onsiteOrigins: [SHOP], now: () => SENT_MS + 3_600_000 })
    writeKey = await api.keyWith('ingest')
  })
  const post = (path: string, body?: unknown, origin = SHOP) =>
    api.request(`POST ${path}`, {
      key: null,
      headers: { origin },
      ...(body === undefined ? {} : { body }),
    })
  const next = (ids: Record<string, string>, origin = SHOP) =>
    post('/v1/onsite/next', { writeKey, ...ids }, origin)
  const names = async () => (await world.events()).map(({ name }) => name)

  test('a page gets at most one, and of it only what is shown', async () => {
    await world.send('ada', 1, {
      content: { kind: 'banner', link: '/sale', button: 'Go', close: 'Away', expiresIn: 'PT2H' },
    })
    const answer = await next({ anonymousId: 'ada-browser' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const text = await answer.text()
    expect(JSON.parse(text)).toEqual({
      id: expect.stringMatching(/^[\w.-]+$/) as string,
      kind: 'banner',
      title: 'Hello',
      text: 'Still looking?',
      link: '/sale',
      button: 'Go',
      close: 'Away',
      expiresInMs: 3_600_000,
    })
    const named = Buffer.from(String(JSON.parse(text).id).split('.')[0]!, 'base64url').toString()
    expect(`${text}${named}`).not.toMatch(/ada|welcome/)
  })

  test('nobody known, or nothing that waits, is no content', async () => {
    for (const ids of [{ userId: 'nobody' }, { userId: 'ada' }, {}]) {
      const answer = await next(ids)
      expect([answer.status, await answer.text()]).toEqual([204, ''])
    }
  })

  test('a browser lets pages of the shop read it, and no others', async () => {
    const allowed = async (origin: string) =>
      (await next({ userId: 'ada' }, origin)).headers.get('access-control-allow-origin')
    expect(await allowed(SHOP)).toBe(SHOP)
    expect(await allowed(ELSEWHERE)).toBeNull()
    const preflight = await api.request('OPTIONS /v1/onsite/next', {
      key: null,
      headers: {
        origin: SHOP,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
  })

  test('without a key that may send events nothing is told', async () => {
    const reader = await api.keyWith('read')
    const asked = { userId: 'ada', writeKey: reader }
    expect((await post('/v1/onsite/next', { userId: 'ada' })).status).toBe(401)
    expect((await post('/v1/onsite/next', asked)).status).toBe(403)
  })

  describe('what is told', () => {
    test.each([
      ['view', 'Onsite Viewed'],
      ['click', 'Onsite Clicked'],
      ['dismissal', 'Onsite Dismissed'],
    ])('%s, once', async (act, name) => {
      await world.send('ada')
      const { id } = (await (await next({ userId: 'ada' })).json()) as { id: string }
      for (let n = 0; n < 2; n++)
        expect((await post(`/v1/onsite/messages/${id}/${act}`)).status).toBe(204)
      expect(await names()).toEqual([name])
      expect(api.pending).toEqual(['ada'])
      const rest = await next({ userId: 'ada' })
      expect(rest.status).toBe(act === 'view' ? 200 : 204)
    })

    test('is believed for what we signed, and for nothing else', async () => {
      const messageId = await world.send('ada')
      const good = signOnsite(messageId, LINK_SECRET)
      for (const id of [messageId, signOnsite(messageId, `${LINK_SECRET}.`), `${good}x`])
        expect((await post(`/v1/onsite/messages/${id}/click`)).status).toBe(404)
      expect((await post(`/v1/onsite/messages/${signOnsite('x', LINK_SECRET)}/click`)).status).toBe(
        404,
      )
      expect((await post(`/v1/onsite/messages/${good}/expiry`)).status).toBe(400)
      expect(await names()).toEqual([])
    })

    test('no more often than a visitor could', async () => {
      const good = signOnsite(await world.send('ada'), LINK_SECRET)
      const statuses = new Set<number>()
      for (let n = 0; n < 60; n++)
        statuses.add((await post(`/v1/onsite/messages/${good}/view`)).status)
      expect([...statuses]).toEqual([204, 429])
    })
  })

  describe('the script', () => {
    const get = (headers = {}) => api.request('GET /onsite.js', { key: null, headers })

    test('is kept by browsers and asked for again by its tag', async () => {
      const answer = await get()
      expect(answer.headers.get('content-type')).toContain('text/javascript')
      expect(answer.headers.get('cache-control')).toMatch(/public, max-age=\d{4}/)
      const etag = answer.headers.get('etag') ?? ''
      const again = await get({ 'if-none-match': etag })
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
    })

    test('has nothing that a strict policy forbids, and makes no HTML of a text', async () => {
      const code = await (await get()).text()
      expect(code).not.toMatch(
        /\beval\b|new Function|innerHTML|outerHTML|insertAdjacent|document\.write|\.style\b|setAttribute\('(?:style|on)|javascript:|import\s*\(|createElement\('(?:style|script)/,
      )
      expect(Buffer.byteLength(code)).toBeLessThan(8_192)
    })
  })
})
