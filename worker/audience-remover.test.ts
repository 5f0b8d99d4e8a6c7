import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startLocalHttp, type LocalHttp } from '../channels/local-http.cases.ts'
import { createSignedHttp } from '../channels/signed-http.ts'
import { followAddresses } from '../db/audience-addresses.ts'
import {
  forgetUpload,
  releaseAllUploads,
  rememberUpload,
  takeOverUploads,
} from '../db/audience-uploads.ts'
import { eraseSlice } from '../db/personal-data.ts'
import type { HashedIdentifier } from '../domain/channels/audience-sync.ts'
import type { MessageClass } from '../domain/journeys/journey.ts'
import { createPublishedRules } from '../operations/published-rules.ts'
import { setConsent } from '../operations/set-consent.ts'
import { addCaller } from '../test/support/agent-tasks.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { startAudienceRemover } from './audience-remover.ts'

const at = new Date('2026-03-02T09:00:00Z')
const hashOf = (email: string): HashedIdentifier => ({
  kind: 'email',
  sha256: createHash('sha256').update(email).digest('hex'),
})
const HASH = hashOf('ada@example.com')
const NEWER = hashOf('lovelace@example.com')

describeOnEachDatabase('what advertising platforms were given', (db) => {
  let platform: LocalHttp
  let refused: string[]
  let count = 0
  let ada: string

  beforeEach(async () => {
    platform = await startLocalHttp({
      take: () => ({ status: 200 }),
      refuse: () => ({ status: 400 }),
      throttle: () => ({ status: 429, headers: { 'retry-after': '3600' } }),
      fail: () => ({ status: 503 }),
    })
    refused = []
    await db().deleteFrom('audience_uploads').execute()
    await putInForce(db(), {})
    ada = `ada${++count}`
    await addCaller(db(), ada, { at, traits: { email: 'ada@example.com' } })
    await agree(ada, true)
  })
  afterEach(() => platform.stop())

  const agree = (customerId: string, granted: boolean, channel = 'audience_sync') =>
    setConsent(
      { db: db(), rules: createPublishedRules(), now: Date.now, onPending: () => {} },
      { customerId, purpose: 'marketing', channel, granted, source: 'test', keyId: null },
    )
  const upload = (name: string, identifiers = [HASH]) => ({
    deliveryId: `${ada}.${name}`,
    url: `${platform.url}/audiences`,
    list: 'spring',
    platform: 'google' as const,
    identifiers,
  })
  /** As the channel does, in the middle of a send. */
  const add = async (
    name: string,
    {
      of = 'marketing',
      identifiers = [HASH],
    }: { of?: MessageClass; identifiers?: HashedIdentifier[] } = {},
  ) => {
    await db()
      .insertInto('deliveries')
      .values({
        delivery_id: `${ada}.${name}`,
        customer_id: ada,
        run_id: `${ada}.1`,
        journey: 'ads',
        version: 1,
        step: 's',
        message: 'm',
        channel: 'audience_sync',
        class: of,
        to_address: '',
        status: 'sending',
        at,
      })
      .execute()
    return rememberUpload(db(), upload(name, identifiers))
  }
  const settle = () =>
    db().updateTable('deliveries').set({ status: 'sent' }).where('customer_id', '=', ada).execute()
  /** One round. */
  const round = async () => {
    const remover = startAudienceRemover({
      db: db(),
      http: createSignedHttp({ secret: Buffer.alloc(32, 7).toString('base64') }),
      onError: (error) => {
        throw error
      },
      onRefused: ({ reason }) => void refused.push(reason),
      everyMs: 3_600_000,
    })
    await remover.stop()
  }
  const told = () => platform.calls.map(({ body }) => JSON.parse(body) as unknown)
  const rows = () =>
    db()
      .selectFrom('audience_uploads')
      .select(['customer_id', 'status', 'attempts', 'problem'])
      .orderBy('upload_id')
      .execute()
  const REMOVED = { action: 'remove', platform: 'google', list: 'spring', identifiers: [HASH] }

  test('stays there while the consent holds, and is remembered once', async () => {
    expect(await add('1')).toBe('remembered')
    expect(await rememberUpload(db(), upload('1'))).toBe('remembered')
    await settle()
    await agree(ada, false, 'email')
    await round()
    expect(told()).toEqual([])
    expect(await rows()).toMatchObject([{ customer_id: ada, status: 'added' }])
  })

  test('is taken back when the consent is withdrawn, and then forgotten here too', async () => {
    await add('1')
    await settle()
    await agree(ada, false)
    await round()
    expect(told()).toEqual([REMOVED])
    expect(platform.calls[0]?.headers['webhook-id']).toBe(`${ada}_1_remove`)
    expect(await rows()).toEqual([])
  })

  test('is not taken back before it was given: whoever is sending it ends first', async () => {
    await add('1')
    await agree(ada, false)
    await round()
    expect(told()).toEqual([])
    await settle()
    await round()
    expect(told()).toEqual([REMOVED])
  })

  test('is not given to whom has said no, however far the send had come', async () => {
    await agree(ada, false)
    expect(await add('1')).toBe('forbidden')
    expect(await rows()).toEqual([])
  })

  test('a yes to one and a no to the other at once end with nothing left behind', async () => {
    const [given] = await Promise.all([add('1'), agree(ada, false)])
    await settle()
    await round()
    expect(told()).toEqual(given === 'remembered' ? [REMOVED] : [])
    expect(await rows()).toEqual([])
  })

  test('is not given again before it was taken back', async () => {
    await add('1')
    await settle()
    await agree(ada, false)
    await agree(ada, true)
    expect(await add('2')).toBe('removing')
    await settle()
    await round()
    expect(await rememberUpload(db(), upload('2'))).toBe('remembered')
  })

  test('service needs no yes, and no no takes it back', async () => {
    await agree(ada, false)
    expect(await add('1', { of: 'service' })).toBe('remembered')
    await settle()
    await agree(ada, false)
    await round()
    expect(told()).toEqual([])
  })

  describe.each(['refuse', 'throttle', 'fail for a while', 'break before taking'] as const)(
    'a platform that does "%s"',
    (conduct) => {
      test('is asked again later, and its answer is told', async () => {
        await add('1')
        await settle()
        await agree(ada, false)
        platform.conduct = conduct
        await round()
        await round()
        expect(refused).toHaveLength(1)
        expect(await rows()).toMatchObject([
          { status: 'removing', attempts: 1, problem: refused[0] },
        ])
        platform.conduct = 'take'
        await db().updateTable('audience_uploads').set({ due_at: at }).execute()
        await round()
        expect(told()).toEqual([REMOVED])
        expect(await rows()).toEqual([])
      })
    },
  )

  test('of somebody who is forgotten is taken back afterwards, by the hash alone', async () => {
    await add('1')
    await settle()
    const person = { customerIds: [ada], values: [], emails: [] }
    await db()
      .transaction()
      .execute((trx) => eraseSlice(trx, 'audience_uploads', person))
    const [row] = await db().selectFrom('audience_uploads').selectAll().execute()
    expect(JSON.stringify(row)).not.toContain(ada)
    await round()
    expect(told()).toEqual([REMOVED])
    expect(await rows()).toEqual([])
  })

  test('of two who become one stays if both agree, and goes if one does not', async () => {
    const eva = `${ada}-eva`
    await addCaller(db(), eva, { at, traits: { email: 'ada@example.com' } })
    await agree(eva, true)
    await add('1')
    await settle()
    const merge = () =>
      db()
        .transaction()
        .execute((trx) => takeOverUploads(trx, { loser: ada, winner: eva }))
    await merge()
    expect(await rows()).toMatchObject([{ customer_id: eva, status: 'added' }])
    await db()
      .updateTable('consents')
      .set({ granted: false })
      .where('customer_id', '=', eva)
      .execute()
    await merge()
    expect(await rows()).toMatchObject([{ customer_id: eva, status: 'removing' }])
  })

  /** As everybody does who writes traits. */
  const move = (traits: object) =>
    db()
      .transaction()
      .execute(async (trx) => {
        await trx
          .updateTable('customers')
          .set({ traits: JSON.stringify(traits) })
          .where('customer_id', '=', ada)
          .execute()
        await followAddresses(trx, [ada])
      })
  const ADDED = { ...REMOVED, action: 'add', identifiers: [NEWER] }
  const statuses = async () => (await rows()).map(({ status }) => status).sort()

  describe('an address that changes', () => {
    beforeEach(async () => {
      await add('1')
    })

    test('is taken back, and the new one is added after that', async () => {
      await settle()
      await move({ email: 'lovelace@example.com' })
      expect(await statuses()).toEqual(['adding', 'removing'])
      await round()
      await round()
      expect(told()).toEqual([REMOVED, ADDED])
      expect(await rows()).toMatchObject([{ status: 'added', attempts: 0 }])
      await agree(ada, false)
      await round()
      expect(told()).toEqual([REMOVED, ADDED, { ...ADDED, action: 'remove' }])
      const ids = platform.calls.map(({ headers }) => headers['webhook-id'])
      expect(new Set(ids).size).toBe(3)
    })

    test('is taken back after the addition that is under way', async () => {
      await move({ email: 'lovelace@example.com' })
      await round()
      expect(told()).toEqual([])
      await settle()
      await round()
      await round()
      expect(told()).toEqual([REMOVED, ADDED])
    })

    test('is only taken back where nothing is in its place', async () => {
      await settle()
      await move({})
      await round()
      await round()
      expect(told()).toEqual([REMOVED])
      expect(await rows()).toEqual([])
    })

    test('leaves what stays theirs: another address besides, or one written otherwise', async () => {
      await settle()
      await move({ email: 'ADA@example.com', phone: '+351912345678' })
      expect(await rows()).toMatchObject([{ status: 'added' }])
    })

    test('and back again ends with the one that there is', async () => {
      await settle()
      await move({ email: 'lovelace@example.com' })
      await move({ email: 'ada@example.com' })
      await round()
      await round()
      expect(told()).toEqual([REMOVED, { ...REMOVED, action: 'add' }])
      expect(await rows()).toMatchObject([{ status: 'added' }])
    })

    test('twice on the same list is added once', async () => {
      await add('2')
      await settle()
      await move({ email: 'lovelace@example.com' })
      expect(await statuses()).toEqual(['adding', 'removing', 'removing'])
    })

    test('of whom says no meanwhile is never added', async () => {
      await settle()
      await move({ email: 'lovelace@example.com' })
      await agree(ada, false)
      await round()
      await round()
      expect(told()).toEqual([REMOVED])
      expect(await rows()).toEqual([])
    })

    test('of whom says no while the new one is being added is taken back too', async () => {
      await settle()
      await move({ email: 'lovelace@example.com' })
      await round()
      platform.conduct = 'break before taking'
      await round()
      await agree(ada, false)
      platform.conduct = 'take'
      await round()
      expect(await statuses()).toEqual(['removing'])
      await db().updateTable('audience_uploads').set({ due_at: at }).execute()
      await round()
      expect(told().at(-1)).toEqual({ ...ADDED, action: 'remove' })
      expect(await rows()).toEqual([])
    })

    test('waits on the same list for a platform that does not forget the old one', async () => {
      await settle()
      platform.conduct = 'refuse'
      await move({ email: 'lovelace@example.com' })
      await round()
      platform.conduct = 'take'
      await round()
      expect(told()).toEqual([])
      await db().updateTable('audience_uploads').set({ due_at: at }).execute()
      await round()
      await round()
      expect(told()).toEqual([REMOVED, ADDED])
    })

    test('of whom is forgotten is not added', async () => {
      await settle()
      await move({ email: 'lovelace@example.com' })
      await db()
        .transaction()
        .execute((trx) => releaseAllUploads(trx, [ada]))
      expect(await statuses()).toEqual(['removing'])
    })
  })

  test('what was made for an address that is another by now is not given', async () => {
    await move({ email: 'lovelace@example.com' })
    expect(await add('1')).toBe('changed')
    expect(await rows()).toEqual([])
  })

  test('what a journey removes is forgotten, and what an older address left is taken back', async () => {
    await add('1')
    await settle()
    await db()
      .updateTable('customers')
      .set({ traits: JSON.stringify({ email: 'lovelace@example.com' }) })
      .where('customer_id', '=', ada)
      .execute()
    await add('2', { identifiers: [NEWER] })
    await settle()
    await forgetUpload(db(), upload('2', [NEWER]))
    expect(await rows()).toMatchObject([{ status: 'removing' }])
    await round()
    expect(told()).toEqual([REMOVED])
  })

  test('what a journey removes is not added by a new address any more', async () => {
    await add('1')
    await settle()
    await move({ email: 'lovelace@example.com' })
    await forgetUpload(db(), upload('1', [NEWER]))
    await round()
    await round()
    expect(told()).toEqual([REMOVED])
    expect(await rows()).toEqual([])
  })
})
