import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { claimBatches, type ClaimedBatch } from './claim-batches.ts'
import { listCustomerPages } from '../db/customer-pages.ts'
import { listPendingLinks } from '../db/pending-links.ts'
import { findSurvivors } from '../db/survivors.ts'
import { takeOver } from '../db/take-over.ts'
import { DomainError } from '../domain/errors.ts'
import type { JsonObject } from '../domain/json.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { createEventAcceptor } from './accept-events.ts'
import { beginMerge } from './begin-merge.ts'
import { decideMerge } from './decide-merge.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { startMerger } from './merger.ts'
import { createPublishedRules } from './published-rules.ts'
import { setConsent } from './set-consent.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')
/** What no rule names wakes no actor. */
const UNHEARD = 'Nothing Of Note'
const HEARD = 'Page Viewed'

describeOnEachDatabase('merging', (db) => {
  beforeAll(async () => {
    await putInForce(db(), {
      events: { [HEARD]: {}, 'Case Joined': {} },
      traits: ['plan'],
    })
  })
  // Links of one test are none of the next one's.
  beforeEach(async () => {
    await db().updateTable('pending_links').set({ status: 'rejected' }).execute()
    await db().updateTable('merges').set({ status: 'rejected' }).execute()
  })

  let nowMs = NOW_MS
  const rules = createPublishedRules()
  const deps = () => ({ db: db(), rules, now: () => nowMs, onPending: () => {} })
  const send = async (event: Partial<IncomingEvent>) => {
    // The older customer wins: no two are made in one instant.
    nowMs += 1_000
    const { accept } = createEventAcceptor({ ...deps(), onPending: () => {} })
    const whole = { type: 'track', messageId: randomUUID(), historical: false, ...event } as const
    return (await accept([whole]))[0]!
  }
  const visitor = async (event = HEARD) => {
    const anonymousId = randomUUID()
    const { customerId } = await send({ anonymousId, event })
    return { anonymousId, customerId }
  }
  const user = async (event = HEARD) => {
    const userId = randomUUID()
    const { customerId } = await send({ userId, event })
    return { userId, customerId }
  }
  const identify = (userId: string, anonymousId: string, traits: JsonObject = {}) =>
    send({ type: 'identify', userId, anonymousId, traits })

  /** What the dispatcher does for a customer: each batch, in order, delivered at once. */
  const deliver = async (customerId: string): Promise<ClaimedBatch['batch'][]> => {
    const batches: ClaimedBatch['batch'][] = []
    const claim = { owner: 'me', leaseMs: 30_000, giveBack: [] }
    let delivered: ClaimedBatch[] = []
    do {
      const claims = await claimBatches(deps(), { ...claim, lookAt: [customerId], delivered })
      batches.push(...claims.map(({ batch }) => batch))
      delivered = claims
    } while (delivered.length > 0)
    return batches
  }
  const round = async (): Promise<string[]> => {
    const told: string[] = []
    for (const linkId of await listPendingLinks(db(), { after: 0, limit: 100 }))
      told.push(...(await beginMerge(deps(), linkId)))
    return told
  }
  const merges = (customerId: string) =>
    db()
      .selectFrom('merges')
      .selectAll()
      .where((eb) => eb.or([eb('loser', '=', customerId), eb('winner', '=', customerId)]))
      .orderBy('created_at')
      .execute()
  const handOver = async (
    customerId: string,
    { lastBatch, runIds = [] }: { lastBatch: number; runIds?: string[] },
  ) => {
    const merge = (await merges(customerId)).find(({ loser }) => loser === customerId)!
    const legacy = { mergeId: merge.merge_id, exported: { from: customerId }, runIds, lastBatch }
    return db()
      .transaction()
      .execute(async (trx) => takeOver(trx, await rules.lockBook(trx), legacy, nowMs))
  }
  /** A merge whose loser is told to leave and has handled that in `lastBatch`. */
  const leaving = async (loser: string): Promise<number> => {
    expect(await round()).toEqual([loser])
    const batches = await deliver(loser)
    expect(batches.at(-1)?.items.at(-1)?.type).toBe('leave')
    return batches.at(-1)!.n
  }
  const survivor = async (customerId: string) =>
    (await findSurvivors(db(), [customerId])).get(customerId)
  const logOf = (customerId: string) =>
    db()
      .selectFrom('events')
      .select(['seq', 'type', 'name', 'status', 'batch', 'payload', 'facts'])
      .where('customer_id', '=', customerId)
      .orderBy('seq')
      .execute()
  const profile = (customerId: string) =>
    db()
      .selectFrom('customers')
      .selectAll()
      .where('customer_id', '=', customerId)
      .executeTakeFirstOrThrow()

  describe('a loser without an actor', () => {
    test('becomes part of the winner at once: no engine is needed, and the profile is one', async () => {
      const ana = await user()
      await deliver(ana.customerId)
      const ghost = await visitor(UNHEARD)
      await send({ type: 'identify', anonymousId: ghost.anonymousId, traits: { plan: 'pro' } })
      await db()
        .updateTable('events')
        .set({ status: 'filtered' })
        .where('customer_id', '=', ghost.customerId)
        .execute()
      await identify(ana.userId, ghost.anonymousId)
      expect(await round()).toEqual([ana.customerId])
      expect(await survivor(ghost.customerId)).toBe(ana.customerId)
      expect((await profile(ana.customerId)).traits).toEqual({ plan: 'pro' })
      const [batch] = await deliver(ana.customerId)
      expect(batch?.items.map(({ type }) => type)).toEqual(['facts', 'absorb'])
      expect(batch?.items[0]).toMatchObject({ facts: { traits: { plan: 'pro' } } })
      expect(await merges(ana.customerId)).toMatchObject([{ status: 'done' }])
    })

    test('what was wrong with its data is open at the winner from then on, once', async () => {
      const [ana, guest] = [await user(UNHEARD), await visitor(UNHEARD)]
      await send({ type: 'identify', userId: ana.userId, traits: { email: 'ana(at)example' } })
      const traits = { email: 'ana at example', phone: 'call me' }
      await send({ type: 'identify', anonymousId: guest.anonymousId, traits })
      await identify(ana.userId, guest.anonymousId)
      await round()
      const open = await db()
        .selectFrom('trait_findings')
        .select(['customer_id', 'trait', 'status'])
        .where('customer_id', 'in', [ana.customerId, guest.customerId])
        .where('status', '=', 'open')
        .orderBy('trait')
        .execute()
      expect(open.map(({ customer_id: id, trait }) => [id, trait])).toEqual(
        open.map(({ trait }) => [ana.customerId, trait]),
      )
      expect(new Set(open.map(({ trait }) => trait))).toEqual(new Set(['email', 'phone']))
    })

    test('devices of both are the winner’s', async () => {
      const [ana, guest] = [await user(UNHEARD), await visitor(UNHEARD)]
      await db()
        .insertInto('devices')
        .values({ token: 'phone', customer_id: guest.customerId, last_seen_at: new Date(nowMs) })
        .execute()
      await identify(ana.userId, guest.anonymousId)
      await round()
      const device = await db()
        .selectFrom('devices')
        .select('customer_id')
        .where('token', '=', 'phone')
        .executeTakeFirstOrThrow()
      expect(device.customer_id).toBe(ana.customerId)
    })

    const voice = (who: Partial<IncomingEvent>, source: string, properties: JsonObject) =>
      send({ ...who, event: 'Case Opened', context: { source }, properties })
    const casesOf = (customerId: string) =>
      db()
        .selectFrom('cases')
        .select(['case_id', 'sources', 'severity', 'doubts'])
        .where('customer_id', '=', customerId)
        .orderBy('opened_at')
        .execute()

    test('what both complained of under one key is one case from then on, and told to rules once', async () => {
      const [ana, guest] = [await user(UNHEARD), await visitor(UNHEARD)]
      await voice({ anonymousId: guest.anonymousId }, 'form', { order_id: 'o1' })
      await voice({ userId: ana.userId }, 'app', { case_id: 'K1', order_id: 'o1', severity: 5 })
      await voice({ userId: ana.userId }, 'app', { case_id: 'K2', order_id: 'o2' })
      const [[older], [younger, other]] = [
        await casesOf(guest.customerId),
        await casesOf(ana.customerId),
      ]
      await db()
        .updateTable('cases')
        .set({ doubts: JSON.stringify([younger?.case_id]) })
        .where('case_id', '=', other?.case_id ?? '')
        .execute()
      await identify(ana.userId, guest.anonymousId)
      expect(await round()).toEqual([ana.customerId])

      const joined = { case_id: older?.case_id, sources: ['form', 'app'], severity: 5, doubts: [] }
      expect(await casesOf(ana.customerId)).toEqual([
        joined,
        { ...other, doubts: [older?.case_id] },
      ])
      expect((await profile(ana.customerId)).traits).toMatchObject({
        open_cases: 2,
        case_severity: 5,
      })
      const items = (await deliver(ana.customerId)).flatMap((batch) => batch.items)
      expect(items.filter(({ type }) => type === 'absorb')).toHaveLength(1)
      expect(items.filter(({ type }) => type === 'event')).toEqual([
        expect.objectContaining({ name: 'Case Joined' }),
      ])
      const told = await db()
        .selectFrom('events')
        .select('properties')
        .where('customer_id', '=', ana.customerId)
        .where('name', '=', 'Case Joined')
        .execute()
      expect(told).toMatchObject([
        {
          properties: { case: younger?.case_id, case_joined_to: older?.case_id, case_severity: 5 },
        },
      ])

      // What either source says of it now is about the one that went on.
      await voice({ userId: ana.userId }, 'app', { case_id: 'K1', severity: 2 })
      expect(await casesOf(ana.customerId)).toMatchObject([{ ...joined, severity: 2 }, {}])
    })

    test('a case that may be one of several stays apart, and is listed with them', async () => {
      const [ana, guest] = [await user(UNHEARD), await visitor(UNHEARD)]
      await voice({ userId: ana.userId }, 'app', { case_id: 'K1', order_id: 'o1' })
      await voice({ userId: ana.userId }, 'app', { case_id: 'K2', order_id: 'o1' })
      const mine = (await casesOf(ana.customerId)).map(({ case_id: id }) => id)
      await voice({ anonymousId: guest.anonymousId }, 'form', { order_id: 'o1' })
      await identify(ana.userId, guest.anonymousId)
      await round()
      expect((await casesOf(ana.customerId)).map(({ doubts }) => doubts)).toEqual([
        [],
        [],
        expect.arrayContaining(mine),
      ])
    })

    test('whoever belonged to a watched audience as either belongs to it once, since the earlier', async () => {
      const [ana, guest] = [await user(UNHEARD), await visitor(UNHEARD)]
      const at = new Date(nowMs)
      for (const key of ['tea', 'sofas'])
        await db()
          .insertInto('audiences')
          .values({ key, title: key, latest_version: 1, created_at: at })
          .execute()
      await db()
        .insertInto('audience_memberships')
        .values([
          { audience: 'tea', customer_id: ana.customerId, since: at },
          { audience: 'tea', customer_id: guest.customerId, since: new Date(at.getTime() - 1_000) },
          { audience: 'sofas', customer_id: guest.customerId, since: at },
        ])
        .execute()
      await identify(ana.userId, guest.anonymousId)
      await round()
      const rows = await db()
        .selectFrom('audience_memberships')
        .selectAll()
        .where('customer_id', 'in', [ana.customerId, guest.customerId])
        .orderBy('audience')
        .execute()
      expect(rows).toEqual([
        { audience: 'sofas', customer_id: ana.customerId, since: at },
        { audience: 'tea', customer_id: ana.customerId, since: new Date(at.getTime() - 1_000) },
      ])
    })

    test('the cases of both are one list, and the customer tells how many are open', async () => {
      const [ana, guest] = [await user(UNHEARD), await visitor(UNHEARD)]
      const open = (who: object, case_id: string, severity: number) =>
        send({ ...who, event: 'Case Opened', properties: { case_id, severity } })
      await open({ userId: ana.userId }, '1', 2)
      await open({ anonymousId: guest.anonymousId }, '2', 5)
      await identify(ana.userId, guest.anonymousId)
      await round()
      const cases = await db()
        .selectFrom('cases')
        .select('severity')
        .where('customer_id', '=', ana.customerId)
        .orderBy('severity')
        .execute()
      expect(cases.map(({ severity }) => severity)).toEqual([2, 5])
      const { traits } = await profile(ana.customerId)
      expect(traits).toMatchObject({ open_cases: 2, case_severity: 5 })
    })

    test('that an id led to the other is no finding any more', async () => {
      const [ana, guest] = [await user(UNHEARD), await visitor(UNHEARD)]
      const taken = {
        problem: 'identity_taken',
        source: 'identity',
        kind: 'flagged',
        trait: 'card',
      } as const
      await db()
        .insertInto('trait_findings')
        .values(
          [ana, guest].map(({ customerId }) => ({
            ...taken,
            value: 'null',
            customer_id: customerId,
            said_at: new Date(nowMs),
          })),
        )
        .execute()
      await identify(ana.userId, guest.anonymousId)
      await round()
      const found = await db()
        .selectFrom('trait_findings')
        .select('status')
        .where('customer_id', 'in', [ana.customerId, guest.customerId])
        .execute()
      expect(found.map(({ status }) => status)).toEqual(['settled', 'settled'])
    })

    test('of two values of a trait the newer holds, whoever stays; what waits tells nothing older', async () => {
      const ana = await user()
      await deliver(ana.customerId)
      const ghost = await visitor()
      // Neither has been heard: that of the winner waits in its log.
      const say = (who: object, traits: JsonObject, timestampMs: number) =>
        send({ type: 'identify', ...who, traits, timestampMs })
      await say({ userId: ana.userId }, { plan: 'old', city: 'new' }, NOW_MS - 2_000)
      await say({ anonymousId: ghost.anonymousId }, { plan: 'new' }, NOW_MS - 1_000)
      await say({ anonymousId: ghost.anonymousId }, { city: 'old' }, NOW_MS - 3_000)
      await identify(ana.userId, ghost.anonymousId)
      await round()
      const { traits, trait_origins: origins } = await profile(ana.customerId)
      expect(traits).toEqual({ plan: 'new', city: 'new' })
      expect(origins).toMatchObject({ plan: { atMs: NOW_MS - 1_000 } })
      const [batch] = await deliver(ana.customerId)
      const plans = batch!.items.flatMap((item) => {
        const plan = 'facts' in item ? item.facts?.traits?.['plan'] : undefined
        return plan === undefined ? [] : [plan]
      })
      expect(plans).toEqual(['new'])
    })

    test('where the winner has none either, nobody is woken', async () => {
      const ana = await user(UNHEARD)
      const ghost = await visitor(UNHEARD)
      await identify(ana.userId, ghost.anonymousId)
      expect(await round()).toEqual([])
      expect(await survivor(ghost.customerId)).toBe(ana.customerId)
      expect(await deliver(ana.customerId)).toEqual([])
    })

    test('its rows that wait are delivered behind `absorb`', async () => {
      const ana = await user()
      const ghost = await visitor()
      await identify(ana.userId, ghost.anonymousId)
      await round()
      const [batch] = await deliver(ana.customerId)
      expect(batch?.items.map(({ type }) => type)).toEqual(['facts', 'absorb', 'event', 'event'])
    })
  })

  describe('a loser with an actor', () => {
    const pair = async () => {
      const ana = await user()
      const ghost = await visitor()
      await deliver(ana.customerId)
      await deliver(ghost.customerId)
      await identify(ana.userId, ghost.anonymousId)
      return { ana, ghost }
    }

    test('is told to leave, and its batch ends there', async () => {
      const { ana, ghost } = await pair()
      expect(await round()).toEqual([ghost.customerId])
      await send({ anonymousId: ghost.anonymousId, event: HEARD })
      const batches = await deliver(ghost.customerId)
      expect(batches.map(({ items }) => items.map(({ type }) => type))).toEqual([
        ['leave'],
        ['event'],
      ])
      expect(batches[0]?.items[0]).toMatchObject({ into: ana.customerId })
      // Once: another round, or another process, changes nothing.
      expect(await round()).toEqual([])
      expect(await merges(ana.customerId)).toMatchObject([{ status: 'leaving' }])
    })

    test('what it had not handled is the winner’s, behind `absorb`; what it had stays', async () => {
      const { ana, ghost } = await pair()
      const lastBatch = await leaving(ghost.customerId)
      const fixed = await send({ anonymousId: ghost.anonymousId, event: HEARD })
      await deliver(ghost.customerId)
      const waiting = await send({ anonymousId: ghost.anonymousId, event: HEARD })
      const own = await send({ userId: ana.userId, event: HEARD })
      const before = await logOf(ghost.customerId)

      expect(await handOver(ghost.customerId, { lastBatch })).toEqual([ana.customerId])
      const [batch] = await deliver(ana.customerId)
      const items = batch!.items.map((item) => [item.type, item.seq])
      const absorb = batch!.items.find((item) => 'from' in item)
      expect(absorb).toMatchObject({ from: { from: ghost.customerId } })
      expect(items).toEqual([
        ['facts', absorb?.seq],
        ['absorb', absorb?.seq],
        ['event', fixed.seq],
        ['event', waiting.seq],
        ['event', own.seq],
      ])
      const moved = new Set([fixed.seq, waiting.seq])
      expect(await logOf(ghost.customerId)).toEqual(before.filter(({ seq }) => !moved.has(seq)))
      expect(await deliver(ghost.customerId)).toEqual([])
    })

    test('handing over again changes nothing', async () => {
      const { ana, ghost } = await pair()
      const lastBatch = await leaving(ghost.customerId)
      await handOver(ghost.customerId, { lastBatch })
      const before = [await logOf(ana.customerId), await profile(ana.customerId)]
      expect(await handOver(ghost.customerId, { lastBatch })).toBeNull()
      expect([await logOf(ana.customerId), await profile(ana.customerId)]).toEqual(before)
    })

    test('a delivery to the loser that is under way marks nothing, and nobody is delivered to again', async () => {
      const { ghost } = await pair()
      const lastBatch = await leaving(ghost.customerId)
      await send({ anonymousId: ghost.anonymousId, event: HEARD })
      const claim = { owner: 'me', leaseMs: 30_000, giveBack: [] }
      const under = await claimBatches(deps(), {
        ...claim,
        lookAt: [ghost.customerId],
        delivered: [],
      })
      expect(under).toHaveLength(1)
      await handOver(ghost.customerId, { lastBatch })
      const after = { ...claim, lookAt: [ghost.customerId], delivered: under }
      expect(await claimBatches(deps(), after)).toEqual([])
      const left = await db()
        .selectFrom('batches')
        .selectAll()
        .where('customer_id', '=', ghost.customerId)
        .execute()
      expect(left).toEqual([])
    })

    test('whoever names either of them means the winner: events, commands, identities', async () => {
      const { ana, ghost } = await pair()
      await handOver(ghost.customerId, { lastBatch: await leaving(ghost.customerId) })
      const later = await send({ anonymousId: ghost.anonymousId, event: HEARD })
      expect(later.customerId).toBe(ana.customerId)
      const consent = { purpose: 'marketing', channel: 'email', source: 'form', keyId: null }
      const { customerId } = ghost
      const set = await setConsent(deps(), { ...consent, customerId, granted: true })
      expect(set.customerId).toBe(ana.customerId)
      const listed = await listCustomerPages(db(), {
        filter: { lifecycle: undefined, journey: undefined, excluded: undefined },
        nowMs,
        limit: 1_000,
        after: undefined,
      })
      expect(listed.filter((page) => page.customerId === ghost.customerId)).toEqual([])
      expect(listed.find((page) => page.customerId === ana.customerId)).toMatchObject({
        mergedFrom: [ghost.customerId],
        identities: [
          { kind: 'user', value: ana.userId },
          { kind: 'anonymous', value: ghost.anonymousId },
        ],
      })
    })

    test('ingest that had resolved the loser before it was merged finds the winner', async () => {
      const { ana, ghost } = await pair()
      const lastBatch = await leaving(ghost.customerId)
      const events = Array.from({ length: 20 }, () =>
        send({ anonymousId: ghost.anonymousId, event: HEARD }),
      )
      await Promise.all([...events, handOver(ghost.customerId, { lastBatch })])
      expect(await deliver(ghost.customerId)).toEqual([])
      const heard = (await deliver(ana.customerId)).flatMap(({ items }) => items)
      expect(heard.filter(({ type }) => type === 'event')).toHaveLength(20)
    })
  })

  describe('consents', () => {
    const consent = { purpose: 'marketing', channel: 'email', source: 'form', keyId: null }
    test('the stricter wins, with its proof; also where a grant still waits in a log', async () => {
      const ana = await user()
      const ghost = await visitor()
      const say = (customerId: string, granted: boolean) =>
        setConsent(deps(), { ...consent, customerId, granted, proof: 'tick' })
      await say(ana.customerId, false)
      await deliver(ana.customerId)
      await deliver(ghost.customerId)
      await identify(ana.userId, ghost.anonymousId)
      const lastBatch = await leaving(ghost.customerId)
      await say(ghost.customerId, true)
      await handOver(ghost.customerId, { lastBatch })
      const [{ granted }] = (await db()
        .selectFrom('consents')
        .select('granted')
        .where('customer_id', '=', ana.customerId)
        .execute()) as [{ granted: boolean }]
      expect(granted).toBe(false)
      const said = (await deliver(ana.customerId)).flatMap(({ items }) =>
        items.flatMap((item) => (item.type === 'consent' ? [item.granted] : [])),
      )
      expect(said).toEqual([true, false])
    })

    test('nothing recorded is no record: the other’s is taken over, and the history says so', async () => {
      const ana = await user()
      const ghost = await visitor()
      await setConsent(deps(), { ...consent, customerId: ghost.customerId, granted: true })
      await deliver(ana.customerId)
      await deliver(ghost.customerId)
      await identify(ana.userId, ghost.anonymousId)
      await handOver(ghost.customerId, { lastBatch: await leaving(ghost.customerId) })
      const history = await db()
        .selectFrom('consent_history')
        .select(['granted', 'source'])
        .where('customer_id', '=', ana.customerId)
        .execute()
      expect(history).toEqual([{ granted: true, source: 'merge' }])
    })
  })

  describe('chains and rings', () => {
    test('a customer takes part in one merge at a time; the chain ends in one', async () => {
      const [ana, b, c] = [await user(), await visitor(), await visitor()]
      for (const each of [ana, b, c]) await deliver(each.customerId)
      // b and c first: c, the younger, leaves; the link of b must wait for that.
      const names = [b.anonymousId, c.anonymousId]
      await sql`insert into pending_links (customer_id, other_customer_id, cause, created_at)
        values (${b.customerId}, ${c.customerId}, 'identify', now())`.execute(db())
      await identify(ana.userId, names[0]!)
      await identify(ana.userId, names[1]!)
      expect(await round()).toEqual([c.customerId])
      const last = (await deliver(c.customerId)).at(-1)!.n
      expect(await round()).toEqual([])
      await handOver(c.customerId, { lastBatch: last })
      // The ring closes by itself: the third link is between customers who are one by then.
      expect(await round()).toEqual([b.customerId])
      const lastOfB = (await deliver(b.customerId)).at(-1)!.n
      await handOver(b.customerId, { lastBatch: lastOfB })
      expect([await survivor(b.customerId), await survivor(c.customerId)]).toEqual([
        ana.customerId,
        ana.customerId,
      ])
      expect(await round()).toEqual([])
      const open = await db()
        .selectFrom('pending_links')
        .select('status')
        .where('customer_id', 'in', [ana.customerId, b.customerId, c.customerId])
        .execute()
      expect(open.map(({ status }) => status)).toEqual(['merged', 'merged', 'merged'])
    })
  })

  describe('the guard against storms', () => {
    const kiosk = async (visitors: number) => {
      const ana = await user(UNHEARD)
      for (let n = 0; n < visitors; n++)
        await identify(ana.userId, (await visitor(UNHEARD)).anonymousId)
      await round()
      return ana
    }

    test('more than a day’s worth is held back with its reason, and a person lets it through', async () => {
      const ana = await kiosk(22)
      const all = await merges(ana.customerId)
      expect(all.filter(({ status }) => status === 'done')).toHaveLength(20)
      const held = all.filter(({ status }) => status === 'quarantined')
      expect(held).toMatchObject([
        { reason: 'day_limit', detail: expect.stringContaining('20 customers') },
        { reason: 'day_limit' },
      ])
      const decide = (mergeId: string, as: 'approved' | 'rejected') =>
        decideMerge(deps(), { mergeId, as, keyId: 'k' })
      await decide(held[0]!.merge_id, 'approved')
      await decide(held[1]!.merge_id, 'rejected')
      await round()
      const [yes, no] = [held[0]!.loser, held[1]!.loser]
      expect([await survivor(yes), await survivor(no)]).toEqual([ana.customerId, no])
      expect((await merges(no)).map(({ decided_by: by }) => by)).toEqual(['k'])
      await expect(decide(held[0]!.merge_id, 'rejected')).rejects.toThrow(DomainError)
      const commands = await db()
        .selectFrom('commands')
        .select('action')
        .where('target', 'in', [`merge/${held[0]!.merge_id}`, `merge/${held[1]!.merge_id}`])
        .orderBy('command_id')
        .execute()
      expect(commands.map(({ action }) => action)).toEqual(['merge.approve', 'merge.reject'])
    })

    test('two user ids on one device wait for a person, or for an alias that says it', async () => {
      const [ana, ben] = [await user(UNHEARD), await user(UNHEARD)]
      const anonymousId = randomUUID()
      await identify(ana.userId, anonymousId)
      await identify(ben.userId, anonymousId)
      await round()
      expect(await merges(ana.customerId)).toMatchObject([
        { status: 'quarantined', reason: 'user_limit' },
      ])
      await send({ type: 'alias', userId: ana.userId, previousId: ben.userId })
      await round()
      expect(await survivor(ben.customerId)).toBe(ana.customerId)
      expect(await merges(ana.customerId)).toMatchObject([{ status: 'done' }])
    })
  })

  test('a pair that fails holds up no other, and several processes do it once', async () => {
    const [ana, ben] = [await user(UNHEARD), await user(UNHEARD)]
    const [a, b] = [await visitor(UNHEARD), await visitor(UNHEARD)]
    await identify(ana.userId, a.anonymousId)
    await identify(ben.userId, b.anonymousId)
    const failures: unknown[] = []
    let calls = 0
    const failing = {
      ...rules,
      lockRules: async (trx: Parameters<typeof rules.lockRules>[0]) => {
        if (calls++ === 0) throw new Error('out of luck')
        return rules.lockRules(trx)
      },
    }
    const start = (by: typeof rules) =>
      startMerger({
        ...deps(),
        rules: by,
        dispatcher: { wake: () => {} },
        onError: (error) => failures.push(error),
        everyMs: 5,
      })
    const processes = [start(failing), start(rules)]
    await expect
      .poll(async () => [await survivor(a.customerId), await survivor(b.customerId)])
      .toEqual([ana.customerId, ben.customerId])
    for (const each of processes) await each.stop()
    expect(failures).toHaveLength(1)
    expect(await merges(ana.customerId)).toHaveLength(1)
  })
})
