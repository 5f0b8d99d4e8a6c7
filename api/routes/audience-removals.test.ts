import { beforeAll, beforeEach, expect, test } from 'vitest'
import { followAddresses } from '../../db/audience-addresses.ts'
import { releaseAllUploads } from '../../db/audience-uploads.ts'
import { claimChanges, postponeChange } from '../../db/audience-removals.ts'
import { currentIdentifiers } from '../../db/current-identifiers.ts'
import { jsonText } from '../../db/json-rows.ts'
import { eraseSlice } from '../../db/personal-data.ts'
import { addCaller } from '../../test/support/agent-tasks.ts'
import { createTestApi, type TestApi } from '../../test/support/api.ts'
import { describeOnEachDatabase } from '../../test/support/database.ts'

const at = new Date('2026-03-02T09:00:00Z')
const OLD = { email: 'ada@example.com' }

describeOnEachDatabase('what platforms are still to forget', (db) => {
  let api: TestApi
  let ada: string
  let count = 0
  beforeAll(async () => {
    api = await createTestApi(db(), {})
  })
  beforeEach(async () => {
    await db().deleteFrom('audience_uploads').execute()
    ada = `ada${++count}`
    await addCaller(db(), ada, { at, traits: OLD })
  })
  const upload = (list: string, platform: 'google' | 'meta' = 'google') =>
    db()
      .insertInto('audience_uploads')
      .values({
        upload_id: `${ada}.${list}`,
        customer_id: ada,
        url: 'https://ads.example',
        list,
        platform,
        class: 'service',
        identifiers: jsonText(currentIdentifiers(OLD, platform)),
        added_at: at,
        status: 'added',
        due_at: null,
        waits_since: null,
        problem: null,
      })
      .execute()
  const release = () =>
    db()
      .transaction()
      .execute((trx) => releaseAllUploads(trx, [ada]))
  const ask = async (query = '') => {
    const answer = await api.request(`GET /v1/audience-removals${query}`)
    expect(answer.status).toBe(200)
    return (await answer.json()) as {
      data: Record<string, unknown>[]
      nextCursor: string | null
    }
  }

  test('none is listed that nobody wants back', async () => {
    await upload('spring')
    expect(await ask()).toEqual({ data: [], nextCursor: null })
  })

  test('one says since when it waits, how often it was tried, and why it failed', async () => {
    await upload('spring')
    await release()
    const [due] = await claimChanges(db(), 1)
    await postponeChange(db(), due!, { afterMs: 60_000, problem: 'http_503' })
    const { data } = await ask()
    expect(data).toEqual([
      {
        id: `${ada}.spring`,
        action: 'remove',
        platform: 'google',
        list: 'spring',
        url: 'https://ads.example',
        customerId: ada,
        waitsSince: expect.any(String),
        tries: 1,
        nextTryAt: expect.any(String),
        problem: 'http_503',
      },
    ])
    const { waitsSince, nextTryAt } = data[0] as { waitsSince: string; nextTryAt: string }
    expect(Date.parse(nextTryAt)).toBeGreaterThan(Date.parse(waitsSince))
  })

  test('no list shows a hash or an address, also not of whom was forgotten', async () => {
    await upload('spring')
    await release()
    const person = { customerIds: [ada], values: [], emails: [] }
    await db()
      .transaction()
      .execute((trx) => eraseSlice(trx, 'audience_uploads', person))
    const { data } = await ask()
    expect(data).toMatchObject([{ customerId: null }])
    const shown = JSON.stringify(data)
    expect(shown).not.toContain(ada)
    expect(shown).not.toContain(currentIdentifiers(OLD, 'google')[0]!.sha256)
    expect(shown).not.toContain(OLD.email)
  })

  test('what is to be added by another address is listed with them', async () => {
    await upload('spring')
    await db()
      .transaction()
      .execute(async (trx) => {
        await trx
          .updateTable('customers')
          .set({ traits: JSON.stringify({ email: 'lovelace@example.com' }) })
          .where('customer_id', '=', ada)
          .execute()
        await followAddresses(trx, [ada])
      })
    const actions = (await ask()).data.map(({ action }) => String(action))
    expect(actions.sort()).toEqual(['add', 'remove'])
  })

  test('page by page, of one list or platform, those that wait longest first', async () => {
    const lists = ['first', 'second', 'third']
    for (const list of lists) {
      await upload(list, list === 'third' ? 'meta' : 'google')
      await release()
    }
    const seen: unknown[] = []
    let cursor = ''
    do {
      const page = await ask(`?limit=1${cursor}`)
      seen.push(...page.data.map(({ list }) => list))
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '')
    expect(seen).toEqual(lists)
    expect((await ask('?platform=meta')).data).toMatchObject([{ list: 'third' }])
    expect((await ask('?list=second')).data).toMatchObject([{ list: 'second' }])
  })
})
