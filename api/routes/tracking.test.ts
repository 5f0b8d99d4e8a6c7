import { beforeEach, describe, expect, test } from 'vitest'
import { signClicked, signOpened } from '../../platform/tracking-link.ts'
import { createTestApi, type TestApi } from '../../test/support/api.ts'
import { describeOnEachDatabase } from '../../test/support/database.ts'
import { Deliveries } from '../../test/support/deliveries.ts'
import { LINK_SECRET } from '../../test/support/link-secret.ts'

const ID = 'ada.1.1.email'
const URL = 'https://shop.example/a?b=c&d=%C3%A4#e'
const THUNDERBIRD = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0'
const OPENED = `/t/o/${signOpened(ID, LINK_SECRET)}.gif`
const CLICKED = `/t/c/${signClicked({ deliveryId: ID, index: 1, url: URL }, LINK_SECRET)}`

describeOnEachDatabase('what is in a mail', (db) => {
  let api: TestApi
  beforeEach(async () => {
    await new Deliveries(db()).beginWithOne('ada')
    api = await createTestApi(db())
  })
  const get = (path: string, userAgent = THUNDERBIRD, method = 'GET') =>
    api.request(`${method} ${path}`, { key: null, headers: { 'user-agent': userAgent } })
  const events = async () => {
    const rows = await db()
      .selectFrom('events')
      .select('name')
      .where('type', '=', 'track')
      .orderBy('seq')
      .execute()
    return rows.map(({ name }) => name)
  }

  test('the picture tells that it was opened, once', async () => {
    const answer = await get(OPENED)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/gif'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect((await answer.text()).slice(0, 6)).toBe('GIF89a')
    await get(OPENED)
    expect(await events()).toEqual(['Email Opened'])
    expect(api.pending).toEqual(['ada'])
  })

  test('a link leads where it led in the mail, and tells that it was followed', async () => {
    const answer = await get(CLICKED)
    expect([answer.status, answer.headers.get('location')]).toEqual([302, URL])
    expect(await events()).toEqual(['Email Link Clicked'])
    const { properties } = await db()
      .selectFrom('events')
      .select('properties')
      .where('name', '=', 'Email Link Clicked')
      .executeTakeFirstOrThrow()
    expect(properties).toMatchObject({ email_id: ID, link_id: 1, link_url: URL })
  })

  test('machines are named as such, and hide no person who comes after them', async () => {
    await get(OPENED, 'Mozilla/5.0 (via ggpht.com GoogleImageProxy)')
    await get(CLICKED, THUNDERBIRD, 'HEAD')
    await get(OPENED)
    await get(CLICKED)
    expect(await events()).toEqual([
      'Email Opened by Machine',
      'Email Link Clicked by Machine',
      'Email Opened',
      'Email Link Clicked',
    ])
  })

  describe('changes nothing', () => {
    const other = { deliveryId: 'ada.9.9.email', index: 1, url: 'https://shop.example/' }
    test.each([
      ['a token with another letter', CLICKED.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
      ['another address in the place of the token', '/t/c/https%3A%2F%2Fevil.example'],
      ['the token of the picture', `/t/c/${signOpened(ID, LINK_SECRET)}`],
      ['of another secret', `/t/c/${signClicked({ ...other, deliveryId: ID }, 'another')}`],
    ])('%s, which leads nowhere', async (_, path) => {
      const answer = await get(path)
      expect([answer.status, answer.headers.get('location')]).toEqual([404, null])
      expect(await events()).toEqual([])
    })

    test('a picture that is not ours, which looks the same', async () => {
      expect((await get('/t/o/nothing.gif')).status).toBe(200)
      expect(await events()).toEqual([])
      expect(
        await db().selectFrom('feedback_counts').select(['source', 'verdict', 'count']).execute(),
      ).toEqual([{ source: 'link', verdict: 'forged', count: 1 }])
    })

    test('a link of a delivery that is not there any more; it still leads where it led', async () => {
      const answer = await get(`/t/c/${signClicked(other, LINK_SECRET)}`)
      expect([answer.status, answer.headers.get('location')]).toEqual([302, other.url])
      expect(await events()).toEqual([])
    })
  })

  test('a link leads on while nothing can be stored', async () => {
    api = await createTestApi(db(), {
      rules: {
        ...api.deps.rules,
        lockBook: async () => {
          throw new Error('away')
        },
      },
    })
    expect((await get(CLICKED)).status).toBe(302)
    expect(await events()).toEqual([])
  })

  test('a reader who comes a hundred times at once is sent on, and not looked up', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => get(CLICKED)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([302]))
    const counted = await db().selectFrom('feedback_counts').select('count').execute()
    expect(counted.reduce((sum, { count }) => sum + count, 0)).toBeLessThan(70)
  })
})
