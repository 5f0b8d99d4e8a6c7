import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { CustomerState } from '../../domain/actor/customer-state.ts'
import type { JsonObject } from '../../domain/json.ts'
import { customerState, customerWorkflowId } from '../../workflows/customer-messages.ts'
import { dyingIn, type Death } from '../support/dying-worker.ts'
import { journey, mail, mailsAndWaits } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'

const MAILS_A_WEEK = 3
const html = '<a href="{{ unsubscribeUrl }}">Unsubscribe</a>'

interface Page {
  readonly customerId: string
  readonly mergedFrom: readonly string[]
  readonly runs: readonly { journey: string; status: string; runId: string }[]
  readonly consents: readonly { purpose: string; channel: string; granted: boolean }[]
}

let rumbo: TestRumbo
/** How workers die that hand a customer over: each death once, in this order. */
let deaths: Death[] = []
/** Sends of these customers stand still in the worker until the promise. */
const gates = new Map<string, { reached: () => void; opens: Promise<void> }>()

beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded(), {
    workerDb: (db) => {
      const known = new Set<string>()
      return dyingIn(db, async (trx) => {
        if (deaths.length === 0) return undefined
        const done = await trx
          .selectFrom('merges')
          .select('merge_id')
          .where('status', '=', 'done')
          .execute()
        const fresh = done.map((row) => row.merge_id).filter((id) => !known.has(id))
        if (fresh.length === 0) return undefined
        const death = deaths.shift()
        if (death === 'after commit') for (const id of fresh) known.add(id)
        return death
      })
    },
    beforeSend: async ({ customerId }) => {
      const gate = gates.get(customerId)
      gate?.reached()
      await gate?.opens
    },
  })
  const policy = {
    caps: [{ name: 'weekly', max: MAILS_A_WEEK, window: 'P7D', classes: ['marketing', 'service'] }],
  }
  expect((await rumbo.call('PUT', '/v1/contact-policy', policy)).status).toBeLessThan(300)
  await rumbo.publish(
    journey('welcome', { arbitration: { mode: 'auto', value: 20 } }),
    journey('course', {
      arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
      entry: { on: [{ event: 'Course Started', when: "count('Looked') >= 0" }] },
      steps: mailsAndWaits('P30D'),
      messages: { hello: { email: { subject: 'course', html } }, bye: mail('course bye') },
    }),
    ...['sale', 'news'].map((key) =>
      journey(key, {
        class: 'service',
        lane: 'service',
        entry: { on: [{ event: key }], reentry: { mode: 'afterExit' } },
      }),
    ),
  )
})
afterAll(() => rumbo.stop())
beforeEach(() => {
  deaths = []
  gates.clear()
})

const post = async (path: string, body: JsonObject) => {
  const answer = await rumbo.call('POST', path, { messageId: randomUUID(), ...body })
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}
const page = async (name: string): Promise<Page> =>
  (await rumbo.call('GET', `/v1/customers/${name}`)).body as unknown as Page
const state = async (customerId: string): Promise<CustomerState> => {
  const actor = rumbo.client.workflow.getHandle(customerWorkflowId(customerId))
  const answer = await actor.query(customerState)
  if (answer === undefined) throw new Error('The actor has no state yet')
  return answer
}
const statusOf = async (customerId: string): Promise<string> =>
  (await rumbo.client.workflow.getHandle(customerWorkflowId(customerId)).describe()).status.name
const runsOf = ({ runs }: Page) =>
  runs.map(({ journey: key, status }) => `${key} ${status}`).toSorted()

/** Somebody with an actor, by whatever names them; reachable by mail, with consent unless told otherwise. */
class Person {
  readonly name: JsonObject
  customerId = ''

  constructor(name: JsonObject) {
    this.name = name
  }

  static async meet(kind: 'userId' | 'anonymousId', granted = true): Promise<Person> {
    const person = new Person({ [kind]: randomUUID() })
    const traits = { email: `${randomUUID()}@example.com` }
    const answer = await post('/v1/identify?wait=handled', { ...person.name, traits })
    person.customerId = String(answer['customerId'])
    await rumbo.call('PUT', `/v1/customers/${person.customerId}/consents/marketing/email`, {
      granted,
      source: 'test',
    })
    return person
  }

  track(event: string, wait = true): Promise<JsonObject> {
    return post(`/v1/track${wait ? '?wait=handled' : ''}`, { ...this.name, event })
  }

  async settle(mails: number): Promise<void> {
    await eventually('its mails went out', async () => {
      const rows = await rumbo.db
        .selectFrom('deliveries')
        .select('status')
        .where('customer_id', '=', this.customerId)
        .where('status', '=', 'sent')
        .execute()
      return rows.length === mails
    })
  }
}

const identify = (user: Person, visitor: Person) =>
  post('/v1/identify', { ...visitor.name, ...user.name })
/** When the losers' actors have ended, and what each held was taken up. */
const merged = async (winner: Person, ...losers: Person[]): Promise<Page> =>
  eventually('they are one, and the losers’ actors have ended', async () => {
    for (const loser of losers)
      if (
        (await page(loser.customerId)).customerId !== winner.customerId ||
        (await statusOf(loser.customerId)) !== 'COMPLETED'
      )
        return undefined
    const absorbed = await rumbo.db
      .selectFrom('timeline_entries')
      .select('turn')
      .where(
        'customer_id',
        'in',
        [winner, ...losers].map(({ customerId }) => customerId),
      )
      .where('summary', '=', 'another customer became part of this one')
      .execute()
    return absorbed.length >= losers.length ? page(winner.customerId) : undefined
  })

describe('row 17: an anonymous customer is identified, two live actors', () => {
  test('one customer: caps added, stricter consent, one journey by arbitration, later events reach it', async () => {
    const [ana, ghost] = await Promise.all([Person.meet('userId'), Person.meet('anonymousId')])
    await rumbo.call('PUT', `/v1/customers/${ghost.customerId}/consents/news/email`, {
      granted: false,
      source: 'test',
    })
    await ana.track('Signed Up')
    await ghost.track('Course Started')
    await ghost.track('Looked')
    await Promise.all([ana.settle(1), ghost.settle(1)])

    await identify(ana, ghost)
    const one = await merged(ana, ghost)
    expect(one.mergedFrom).toEqual([ghost.customerId])
    // Both journeys go on; the one that holds its lock leads.
    await eventually('it is decided which journey leads', async () =>
      runsOf(await page(ana.customerId)).includes('course waiting'),
    )
    expect(runsOf(await page(ana.customerId))).toEqual(['course waiting', 'welcome paused'])
    expect((await state(ana.customerId)).contacts).toHaveLength(2)
    expect(one.consents).toMatchObject([
      { purpose: 'marketing', granted: true },
      { purpose: 'news', granted: false },
    ])

    // By whichever name: it counts for one customer, under one cap.
    await ghost.track('Looked')
    expect((await state(ana.customerId)).facts.counters['Looked']?.total).toBe(2)
    await ghost.track('sale')
    await ana.settle(2)
    await ana.track('news')
    const skipped = await eventually('the cap is full', async () =>
      rumbo.db
        .selectFrom('deliveries')
        .select(['journey', 'reason'])
        .where('customer_id', '=', ana.customerId)
        .where('status', 'in', ['skipped', 'held'])
        .executeTakeFirst(),
    )
    expect(skipped).toMatchObject({ journey: 'news', reason: expect.stringContaining('weekly') })

    // A link in a mail to the one who was merged leads to the one who stayed.
    const [sent] = await rumbo.db
      .selectFrom('outbox')
      .select('raw')
      .where('delivery_id', 'like', `${ghost.customerId}.%`)
      .execute()
    const url = /^List-Unsubscribe:\s*<([^>]+)>/im.exec(sent?.raw ?? '')?.[1] ?? ''
    const clicked = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    })
    expect(clicked.status).toBe(200)
    expect((await page(ana.customerId)).consents).toMatchObject([
      { purpose: 'marketing', granted: false },
      { purpose: 'news', granted: false },
    ])
  })

  test('a send that is under way at the loser ends there, and its outcome reaches the run', async () => {
    const [ana, ghost] = await Promise.all([Person.meet('userId'), Person.meet('anonymousId')])
    await ana.track('Looked')
    const began = Promise.withResolvers<void>()
    const opens = Promise.withResolvers<void>()
    gates.set(ghost.customerId, { reached: began.resolve, opens: opens.promise })
    await ghost.track('Course Started')
    await began.promise
    await identify(ana, ghost)
    await eventually('they are one', async () => {
      const { customerId } = await page(ghost.customerId)
      return customerId === ana.customerId
    })
    expect(await statusOf(ghost.customerId)).toBe('RUNNING')
    opens.resolve()
    await merged(ana, ghost)
    await eventually('the run has gone on', async () =>
      runsOf(await page(ana.customerId)).includes('course waiting'),
    )
    const sent = await rumbo.db
      .selectFrom('deliveries')
      .select(['status', 'attempt'])
      .where('run_id', 'like', `${ghost.customerId}.%`)
      .execute()
    expect(sent).toEqual([{ status: 'sent', attempt: 1 }])
  })
})

test('no event is lost or heard twice while they are merged, though the worker dies on the way', async () => {
  const [ana, ghost] = await Promise.all([Person.meet('userId'), Person.meet('anonymousId')])
  await Promise.all([ana.track('Looked'), ghost.track('Looked')])
  deaths = ['before commit', 'after commit']
  await rumbo.stopWorkers()
  await identify(ana, ghost)
  await eventually('the loser is told', async () => {
    const told = await rumbo.db
      .selectFrom('events')
      .select('seq')
      .where('customer_id', '=', ghost.customerId)
      .where('type', '=', 'leave')
      .where('status', '=', 'batched')
      .executeTakeFirst()
    return told !== undefined
  })
  const both = async (times: number) => {
    for (let n = 0; n < times; n++)
      await Promise.all([ana.track('Looked', false), ghost.track('Looked', false)])
  }
  await both(10)
  await rumbo.startWorkers()
  await Promise.all([both(30), merged(ana, ghost)])
  await both(5)
  await ana.track('Looked')
  await eventually('all are heard', async () => {
    const { facts } = await state(ana.customerId)
    return facts.counters['Looked']?.total === 2 + 2 * 45 + 1
  })
  expect(deaths).toEqual([])
  const log = await rumbo.db
    .selectFrom('events')
    .select('status')
    .where('customer_id', '=', ghost.customerId)
    .where('status', '=', 'pending')
    .execute()
  expect(log).toEqual([])
})

test('whoever waits for events of a loser is answered, and the winner’s timeline tells of both', async () => {
  const [ana, ghost] = await Promise.all([Person.meet('userId'), Person.meet('anonymousId')])
  await Promise.all([ana.track('Looked'), ghost.track('Looked')])
  await identify(ana, ghost)
  const waited = Array.from({ length: 8 }, () => ghost.track('Looked'))
  for (const answer of await Promise.all(waited)) expect(answer['success']).toBe(true)
  await merged(ana, ghost)
  const { body } = await rumbo.call('GET', `/v1/customers/${ghost.customerId}/timeline?limit=200`)
  const lines = (body['data'] as { kind: string; summary: string }[]).map(
    ({ kind, summary }) => `${kind}: ${summary}`,
  )
  expect(lines.filter((line) => line === 'event: Looked')).toHaveLength(10)
  expect(lines).toContain(`link: same person as ${ghost.customerId} (identify): merged`)
})

test('chains and rings end in one customer', async () => {
  const [ana, b, c, d] = await Promise.all([
    Person.meet('userId'),
    Person.meet('anonymousId'),
    Person.meet('anonymousId'),
    Person.meet('anonymousId'),
  ])
  const all = [ana, b, c, d]
  await Promise.all(all.map((each) => each.track('Looked')))
  const links = [
    [b, c],
    [c, d],
    [d, b],
    [ana, d],
    [ana, b],
  ].map(([one, other]) => ({
    customer_id: one!.customerId,
    other_customer_id: other!.customerId,
    cause: 'identify',
    created_at: new Date(),
  }))
  await rumbo.db.insertInto('pending_links').values(links).execute()
  const one = await merged(ana, b, c, d)
  expect(one.mergedFrom.toSorted()).toEqual([b, c, d].map((each) => each.customerId).toSorted())
  await Promise.all(all.map((each) => each.track('Looked')))
  expect((await state(ana.customerId)).facts.counters['Looked']?.total).toBe(8)
})

test('two user ids on one device live on as two until somebody approves that they are one', async () => {
  const [ana, ben] = [await Person.meet('userId'), await Person.meet('userId')]
  await Promise.all([ana.track('Signed Up'), ben.track('Looked')])
  const device = { anonymousId: randomUUID() }
  await post('/v1/identify', { ...ana.name, ...device })
  await post('/v1/identify', { ...ben.name, ...device })
  const held = await eventually('it is held back', async () => {
    const { body } = await rumbo.call('GET', '/v1/merges?status=quarantined')
    return (body['data'] as { mergeId: string; reason: string }[])[0]
  })
  expect(held.reason).toBe('user_limit')
  expect((await page(ben.customerId)).customerId).toBe(ben.customerId)
  expect((await rumbo.call('POST', `/v1/merges/${held.mergeId}/approve`)).status).toBe(200)
  expect(runsOf(await merged(ana, ben))).toEqual(['welcome waiting'])
})
