import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Journey } from '../domain/journeys/journey.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey, mail, mailsAndWaits } from '../test/support/journeys.ts'

interface Simulated {
  readonly journeys: { key: string; version: number; draft: boolean }[]
  readonly findings: unknown[]
  readonly timeline: { at: string; kind: string; summary: string; data: Record<string, unknown> }[]
  readonly customer: Record<string, unknown>
  readonly decisions: { outcome: string; winner: string | null }[]
  readonly deliveries: {
    at: string
    message: string
    status: string
    reason: string | null
    content: unknown
  }[]
  readonly detail?: string
}

const SIGNED_UP = { at: '2026-03-02T09:00:00Z', event: 'Signed Up' }
const GRANTED = { purpose: 'marketing', channel: 'email' }
const ana = { traits: { email: 'ana@example.com', firstName: 'Ana' }, consents: [GRANTED] }
const until = '2026-03-10T00:00:00Z'

const welcome = journey('welcome', {
  steps: mailsAndWaits('P5D'),
  messages: { hello: mail('Hello {{ customer.traits.firstName }}'), bye: mail('Bye') },
})
const rival = journey('rival', { arbitration: { mode: 'auto', value: 99 } })

describeOnEachDatabase('POST /v1/journeys/simulate', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db())
  })
  beforeEach(async () => {
    await db().deleteFrom('journey_versions').execute()
    await db().deleteFrom('journeys').execute()
  })

  const ask = async (body: object, status = 200): Promise<Simulated> => {
    const answer = await api.request('POST /v1/journeys/simulate', { body })
    const said = (await answer.json()) as Simulated
    expect(answer.status, JSON.stringify(said)).toBe(status)
    return said
  }
  const publish = async (definition: Journey) => {
    const call = `POST /v1/journeys/${definition.key}/versions`
    expect((await api.request(call, { body: definition })).status).toBe(201)
  }
  const refusals = async (body: object, status: number) => {
    const { findings } = await ask(body, status)
    return (findings as { code: string; path: string }[]).map(({ code, path }) => `${code} ${path}`)
  }
  const play = (more: object = {}) =>
    ask({ definitions: [welcome], customer: ana, events: [SIGNED_UP], until, ...more })

  test('plays facts and touchpoints as they are, and refuses a fact that nobody published', async () => {
    const asks = (when: string) =>
      journey('asks', { class: 'service', entry: { on: [{ event: 'Asked' }], when } })
    const events = ['web', 'pos'].map((source, minute) => ({
      at: `2026-03-02T09:0${minute}:00Z`,
      event: minute === 0 ? 'Looked' : 'Asked',
      context: { source },
    }))
    const mails = async (when: string) =>
      (await play({ definitions: [asks(when)], events })).deliveries.length
    expect(await mails("touchpoints('P14D') == 2 && !fact('opener') && reachable('email')")).toBe(1)
    expect(await mails("touchpoints('P14D') > 2 || reachable('sms')")).toBe(0)
    expect(await refusals({ definitions: [asks("fact('openr')")], events, until }, 422)).toEqual([
      'unknown_fact ',
    ])
  })

  test('knows where events come from', async () => {
    const inStore = journey('in-store', {
      entry: { on: [{ event: 'Signed Up', when: "event.source == 'store'" }] },
    })
    const enter = (context: object) =>
      ask({
        definitions: [inStore],
        alone: true,
        customer: ana,
        until,
        events: [{ ...SIGNED_UP, context }],
      })
    expect((await enter({ source: 'store' })).deliveries).toHaveLength(1)
    expect((await enter({ source: 'web', channel: 'checkout' })).deliveries).toEqual([])
    const misnamed = { events: [{ ...SIGNED_UP, context: { source: 'Shop 1' } }], until }
    expect(await refusals(misnamed, 400)).toEqual(['invalid_value /events/0/context/source'])
  })

  test('tells what would happen, newest first, and stores nothing', async () => {
    const { timeline, decisions, deliveries, customer, journeys } = await play()
    expect(
      timeline
        .toReversed()
        .map(({ at, kind, summary }) => `${at.slice(0, 16)} ${kind} · ${summary}`),
    ).toEqual([
      '2026-03-02T09:00 event · identify',
      '2026-03-02T09:00 event · Signed Up',
      '2026-03-02T09:00 consent · consent given: marketing by email',
      expect.stringMatching(/lifecycle · new/),
      '2026-03-02T09:00 decision · Signed Up → enter welcome',
      '2026-03-02T09:00 run · entered welcome@1 on Signed Up',
      '2026-03-02T09:00 step · welcome@1 · rest',
      '2026-03-02T09:00 delivery · welcome@1 · hello by email: sent',
      '2026-03-07T09:00 run · left welcome@1: completed',
      '2026-03-07T09:00 delivery · welcome@1 · bye by email: sent',
    ])
    expect(decisions).toMatchObject([{ outcome: 'enter', winner: 'welcome' }])
    expect(deliveries).toMatchObject([
      { message: 'bye', status: 'sent' },
      { message: 'hello', to: 'ana@example.com', content: { subject: 'Hello Ana' } },
    ])
    expect(customer).toMatchObject({ traits: ana.traits, runs: [], lifecycle: { state: 'new' } })
    const said = { at: '2026-03-02T09:00:00.000Z', source: 'identify' }
    expect(customer).toMatchObject({ traitOrigins: { email: said, firstName: said } })
    expect(journeys).toEqual([{ key: 'welcome', version: 1, draft: true }])
    for (const table of ['customers', 'events', 'journeys', 'deliveries'] as const)
      expect(await db().selectFrom(table).selectAll().execute()).toEqual([])
  })

  test('a link to unsubscribe is there, and leads nowhere', async () => {
    const hello = mail('{{ unsubscribeUrl }} {{ preferencesUrl }}')
    const { deliveries } = await play({
      definitions: [{ ...welcome, messages: { hello, bye: mail('Bye') } }],
      until: '2026-03-05T00:00:00Z',
    })
    const link = 'https://simulated.invalid/u/no-real-link'
    expect(deliveries).toMatchObject([{ content: { subject: `${link} ${link}` } }])
  })

  test('the language is told to whoever asks, without a key', async () => {
    const answer = await api.request('GET /v1/schema/journey.json', { key: null })
    expect([answer.status, await answer.json()]).toMatchObject([200, { title: 'Journey' }])
  })

  test('stops the clock where it is told, with the run still inside', async () => {
    const { customer, deliveries } = await play({ until: '2026-03-05T00:00:00Z' })
    expect(deliveries).toHaveLength(1)
    expect(customer).toMatchObject({
      clock: '2026-03-05T00:00:00.000Z',
      nextWakeAt: '2026-03-07T09:00:00.000Z',
      runs: [
        { journey: 'welcome', step: 'rest', status: 'waiting', wakeAt: '2026-03-07T09:00:00.000Z' },
      ],
    })
  })

  describe('what takes part', () => {
    test('without drafts: everything that is live', async () => {
      await publish(welcome)
      const { journeys, decisions } = await play({ definitions: undefined })
      expect(journeys).toEqual([{ key: 'welcome', version: 1, draft: false }])
      expect(decisions).toMatchObject([{ outcome: 'enter', winner: 'welcome' }])
    })

    test('a draft beside the other live ones, in the place of its own', async () => {
      await publish(welcome)
      await publish(rival)
      const draft = { ...welcome, start: 'bye' }
      const { journeys, decisions } = await play({ definitions: [draft] })
      expect(journeys).toEqual([
        { key: 'welcome', version: 2, draft: true },
        { key: 'rival', version: 1, draft: false },
      ])
      expect(decisions).toMatchObject([{ outcome: 'enter', winner: 'rival' }])
    })

    test('a draft alone', async () => {
      await publish(rival)
      const { decisions } = await play({ alone: true })
      expect(decisions).toMatchObject([{ outcome: 'enter', winner: 'welcome' }])
    })
  })

  test('a trait, a consent and an exit take effect when they come', async () => {
    const gold = journey('gold', {
      entry: {
        on: [{ event: 'Signed Up' }],
        when: "customer.traits.plan == 'gold'",
        reentry: { mode: 'afterExit' },
      },
    })
    const { timeline } = await play({
      definitions: [gold],
      events: [
        SIGNED_UP,
        { at: '2026-03-03T09:00:00Z', type: 'identify', traits: { plan: 'gold' } },
        { at: '2026-03-04T09:00:00Z', event: 'Signed Up' },
        { at: '2026-03-05T09:00:00Z', type: 'exit', reason: 'asked to leave' },
        { at: '2026-03-06T09:00:00Z', event: 'Signed Up' },
        { at: '2026-03-06T10:00:00Z', type: 'consent', ...GRANTED, granted: false },
      ],
    })
    expect(
      timeline
        .filter(({ kind }) => kind === 'run' || kind === 'decision')
        .map(({ summary }) => summary)
        .toReversed(),
    ).toEqual([
      'Signed Up → reject gold',
      'Signed Up → enter gold',
      'entered gold@1 on Signed Up',
      'left gold@1: asked to leave',
      'Signed Up → enter gold',
      'entered gold@1 on Signed Up',
      'left gold@1: consent_withdrawn',
    ])
  })

  test('a message that cannot be written is refused, as the send would', async () => {
    const broken = {
      ...welcome,
      messages: { hello: mail('{{ entry.properties.name }}'), bye: mail('Bye') },
    }
    const { deliveries } = await play({ definitions: [broken] })
    expect(deliveries.at(-1)).toMatchObject({
      message: 'hello',
      status: 'failed',
      reason: expect.stringContaining('template_error'),
      content: null,
    })
  })

  describe('is refused', () => {
    test('with all findings of the drafts, each under its place', async () => {
      const dangling = { ...welcome, start: 'nowhere' }
      expect(
        await refusals(
          { definitions: [welcome, { ...dangling, key: 'other' }, welcome], until },
          422,
        ),
      ).toEqual(
        expect.arrayContaining([
          'dangling_link /definitions/1/start',
          'duplicate_key /definitions/2/key',
        ]),
      )
    })

    test.each([
      [
        'more than 1,000 events',
        { events: Array.from({ length: 1_001 }, () => SIGNED_UP) },
        'too_many_events /events',
      ],
      ['more than ten years', { until: '2036-03-03T00:00:00Z' }, 'ends_too_late /until'],
      ['an end before the beginning', { until: '2026-03-01T00:00:00Z' }, 'ends_too_early /until'],
      [
        'a customer who comes after the first event',
        { customer: { createdAt: until } },
        'created_too_late /customer/createdAt',
      ],
    ])('%s', async (_, more, finding) => {
      expect(
        await refusals({ definitions: [welcome], events: [SIGNED_UP], until, ...more }, 422),
      ).toEqual([finding])
    })

    test('a life without rest', async () => {
      const restless = journey('restless', {
        steps: {
          hello: { type: 'wait', for: 'PT1M', next: 'hello' },
        },
        messages: {},
        exit: [{ event: 'Unsubscribed' }],
      })
      const { detail } = await ask(
        {
          definitions: [restless],
          customer: ana,
          events: [SIGNED_UP],
          until: '2026-04-01T00:00:00Z',
        },
        422,
      )
      expect(detail).toMatch(/more than 10000 times/)
    })

    test('what is no event, with its place', async () => {
      const events = [
        { at: 'yesterday', event: 'X' },
        { ...SIGNED_UP, type: 'guess' },
        { at: until, type: 'identify' },
      ]
      expect(await refusals({ events, until }, 400)).toEqual([
        'invalid_value /events/0/at',
        'invalid_value /events/1/type',
        'missing_field /events/2/traits',
      ])
    })
  })
})
