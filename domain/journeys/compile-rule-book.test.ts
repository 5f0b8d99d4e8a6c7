import { describe, expect, test } from 'vitest'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import { compileEntry, compileRun } from './compile.ts'
import {
  bookFindings,
  compileEntryRules,
  compileRuleBook,
  type BookVersion,
} from './compile-rule-book.ts'
import type { Journey } from './journey.ts'
import { REQUEST_EVENT } from './requested-entry.ts'
import type { RuleBook } from './rule-book.ts'

const JOURNEY: Journey = {
  key: 'series',
  title: 'Make the most of it',
  class: 'relationship',
  arbitration: { mode: 'auto', value: 5 },
  entry: {
    on: [
      { event: 'Order Completed', when: "event.properties.currency == 'EUR'" },
      { event: 'Plan Started' },
    ],
    when: "customer.traits.plan == 'gold' && has('phone')",
    reentry: { mode: 'perKey', property: 'order_id' },
  },
  exit: [
    { event: 'Order Refunded', when: 'event.properties.order_id == entry.properties.order_id' },
    { when: "count('Support Asked', 'P7D') > 3" },
  ],
  goal: { event: 'Order Completed', within: 'P14D', value: 'event.properties.total.net' },
  start: 'hello',
  steps: {
    hello: { type: 'message', message: 'tips', next: 'listen' },
    listen: {
      type: 'waitFor',
      event: 'Guide Read',
      when: 'event.properties.chapter == entry.properties.products[0].chapter',
      within: 'P7D',
      next: 'end',
      onTimeout: 'end',
    },
    end: { type: 'exit' },
  },
  messages: {
    tips: {
      webhook: { url: 'https://example.com/hook', body: { seen: "{{ counts['Tip Seen'] }}" } },
      email: { subject: 'Tips', html: '<p>Tips</p>' },
    },
  },
}

const version = (journey: Journey, rest: Partial<BookVersion> = {}): BookVersion => ({
  journey,
  version: 1,
  hash: 'h',
  live: true,
  ...rest,
})

const compile = (
  journeys: readonly BookVersion[],
  publication = 1,
  previous: RuleBook | null = null,
): RuleBook => ({
  ...compileRuleBook({ journeys, lifecycle: DEFAULT_LIFECYCLE_RULES, previous, publication }),
  hash: `book-${publication}`,
})

const on = (key: string, event: string, when?: string): Journey => {
  const { exit: _exit, goal: _goal, messages: _messages, ...rest } = JOURNEY
  return {
    ...rest,
    key,
    entry: { on: [{ event }], ...(when === undefined ? {} : { when }) },
    start: 'end',
    steps: { end: { type: 'exit' } },
  }
}

describe('compileRun', () => {
  test('fills in the channels of message steps and leaves texts out', () => {
    const run = compileRun(JOURNEY, 3, 'hash')
    expect(run.steps['hello']).toEqual({
      type: 'message',
      message: 'tips',
      channels: ['email', 'webhook'],
      next: 'listen',
    })
    expect(run).toMatchObject({ key: 'series', version: 3, hash: 'hash' })
    expect(run).not.toHaveProperty('messages')
    expect(run).not.toHaveProperty('title')
  })
})

describe('compileEntry', () => {
  test('says all that decides about an entry, with every channel that could be used', () => {
    expect(compileEntry(JOURNEY, 3, 'hash')).toEqual({
      journey: 'series',
      version: 3,
      hash: 'hash',
      class: 'relationship',
      arbitration: JOURNEY.arbitration,
      entry: JOURNEY.entry,
      exit: JOURNEY.exit,
      channels: ['email', 'webhook'],
    })
  })
})

describe('compileRuleBook', () => {
  test('names the events and facts that a journey reads, and of their properties what it reads', () => {
    const { events, traits, presence } = compile([version(JOURNEY)])
    expect(events['Order Completed']).toEqual({
      since: 1,
      counted: true,
      properties: {
        currency: true,
        order_id: true,
        products: { chapter: true },
        revenue: true,
        total: { net: true },
      },
    })
    expect(events['Plan Started']).toEqual({
      since: 1,
      counted: false,
      properties: { order_id: true, products: { chapter: true } },
    })
    expect(events['Order Refunded']).toEqual({
      since: 1,
      counted: false,
      properties: { order_id: true },
    })
    expect(events['Guide Read']?.properties).toEqual({ chapter: true })
    expect(events['Support Asked']).toEqual({ since: 1, counted: true, properties: {} })
    expect(events['Tip Seen']).toEqual({ since: 1, counted: true, properties: {} })
    expect(traits).toEqual({ plan: { since: 1 } })
    expect(presence).toEqual({ email: { since: 1 }, phone: { since: 1 } })
  })

  test('without journeys it counts what the lifecycle looks at', () => {
    const { events } = compile([])
    expect(Object.keys(events)).toEqual(
      [
        DEFAULT_LIFECYCLE_RULES.purchase.event,
        ...DEFAULT_LIFECYCLE_RULES.engagement,
        ...DEFAULT_LIFECYCLE_RULES.registration,
      ].toSorted(),
    )
    expect(Object.values(events).every(({ counted }) => counted)).toBe(true)
    expect(events['Order Completed']?.properties).toEqual({ revenue: true })
  })

  test('keeps the ids of returns while somebody asks for them', () => {
    const journey = on('a', 'X', "returned('A-1')")
    expect(compile([version(journey)]).events['Order Refunded']).toEqual({
      since: 1,
      counted: true,
      properties: { order_id: true, products: { product_id: true } },
    })
  })

  test('takes lifecycle entries of live versions only', () => {
    const journey: Journey = { ...on('a', 'X'), entry: { on: [{ lifecycle: 'at_risk' }] } }
    const book = compile([
      version(journey, { version: 1, live: false }),
      version(journey, { version: 2 }),
    ])
    expect(book.lifecycleEntries.map((rule) => rule.version)).toEqual([2])
  })

  test('says how much is too much', () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      version({ ...on(`j${index}`, 'X'), entry: { on: [{ lifecycle: 'lost' }] } }),
    )
    expect(bookFindings(compile([version(JOURNEY)]))).toEqual([])
    expect(bookFindings(compile(many))).toEqual([
      expect.objectContaining({ code: 'rule_book_too_large', severity: 'error' }),
    ])
  })

  test('is the same to the byte for the same rules, in whatever order they come', () => {
    const journeys = [version(on('a', 'X')), version(on('b', 'constructor')), version(JOURNEY)]
    expect(JSON.stringify(compile(journeys.toReversed()))).toBe(JSON.stringify(compile(journeys)))
    expect(compile(journeys).events).toHaveProperty('constructor')
  })
})

describe('since', () => {
  const x = version(on('a', 'X', "count('Y') > 1 && customer.traits.plan == 'gold'"))

  test('stays while a name is in the book without a gap', () => {
    const second = compile([x, version(on('b', 'Z'))], 2, compile([x]))
    const events = second.events
    expect([events['X']?.since, events['Y']?.since, events['Z']?.since]).toEqual([1, 1, 2])
    expect(second.traits['plan']?.since).toBe(1)
  })

  test('begins anew after a gap', () => {
    const third = compile([x], 3, compile([], 2, compile([x])))
    expect([third.events['X']?.since, third.traits['plan']?.since]).toEqual([3, 3])
  })

  test('begins anew when an event that only triggered is counted', () => {
    const second = compile(
      [version(on('a', 'X', "count('X') > 1"))],
      2,
      compile([version(on('a', 'X'))]),
    )
    expect(second.events['X']).toMatchObject({ since: 2, counted: true })
  })

  test('begins anew for returns whose ids were not kept', () => {
    const counted = compile([version(on('a', 'X', "count('Order Refunded') > 1"))])
    const second = compile(
      [version(on('a', 'X', "count('Order Refunded') > 1 || returned('7')"))],
      2,
      counted,
    )
    expect(second.events['Order Refunded']?.since).toBe(2)
    expect(
      compile([version(on('a', 'X', "returned('7')"))], 3, second).events['Order Refunded']?.since,
    ).toBe(2)
  })

  test('begins anew for purchases whose worth is another property', () => {
    const first = compile([])
    const lifecycle = {
      ...DEFAULT_LIFECYCLE_RULES,
      purchase: { event: 'Order Completed', value: 'total' },
    }
    const second = compileRuleBook({ journeys: [], lifecycle, previous: first, publication: 2 })
    expect(second.events['Order Completed']?.since).toBe(2)
    expect(second.events['Signed Up']?.since).toBe(1)
  })
})

describe('compileEntryRules', () => {
  test('lists, by event, each live version once', () => {
    const twice: Journey = {
      ...on('a', 'X'),
      entry: { on: [{ event: 'X', when: 'true' }, { event: 'X' }, { event: 'Y' }] },
    }
    const rules = compileEntryRules([
      version(twice, { version: 2 }),
      version(twice, { version: 1, live: false }),
      version(on('b', 'Y')),
    ])
    const names = Object.entries(rules).map(([event, list]) => [
      event,
      list.map((rule) => `${rule.journey}@${rule.version}`),
    ])
    expect(Object.fromEntries(names)).toEqual({ X: ['a@2'], Y: ['a@2', 'b@1'] })
  })
})

describe('entries without an event from outside', () => {
  const entered = (
    key: string,
    entry: Journey['entry'],
    parts: Partial<Journey> = {},
  ): Journey => ({
    ...on(key, 'Never'),
    entry,
    ...parts,
  })
  const birthday = entered('birthday', { on: [{ date: 'birthday', yearly: true }] })
  const next = entered('next', { on: [{ ended: 'birthday' }, { event: 'Plan Started' }] })
  const asked = entered('asked', {
    on: [{ api: true, when: 'event.properties.code == 1' }],
    when: 'entry.properties.source == 2',
  })

  test('a book without them says nothing of them, so that it keeps its hash', () => {
    expect(
      Object.keys(
        compileRuleBook({
          journeys: [version(JOURNEY)],
          lifecycle: DEFAULT_LIFECYCLE_RULES,
          previous: null,
          publication: 1,
        }),
      ),
    ).toEqual(['events', 'traits', 'presence', 'lifecycle', 'lifecycleEntries'])
  })

  test('those on a date and on an end travel in the book, of live versions alone', () => {
    const book = compile([version(birthday), version(next), version(asked, { live: false })])
    expect(book.dateEntries?.map(({ journey }) => journey)).toEqual(['birthday'])
    expect(book.endEntries?.map(({ journey }) => journey)).toEqual(['next'])
    expect(compile([version(birthday, { live: false })])).not.toHaveProperty('dateEntries')
  })

  test('dates are named by triggers and by waits, and keep their "since"', () => {
    const wait = {
      rest: { type: 'wait', date: 'trialEnds', next: 'end', onMissing: 'end', onPast: 'end' },
      end: { type: 'exit' },
    } as const
    const waits = { ...on('waits', 'Plan Started'), start: 'rest', steps: wait }
    const first = compile([version(birthday)], 3)
    expect(first.dates).toEqual({ birthday: { since: 3 } })
    const second = compile([version(birthday), version(waits)], 7, first)
    expect(second.dates).toEqual({ birthday: { since: 3 }, trialEnds: { since: 7 } })
    expect(second.traits).toEqual({})
  })

  test('a request reaches whom it names, with the properties that rules read', () => {
    const { [REQUEST_EVENT]: kept } = compile([version(asked)]).events
    expect(kept).toEqual({
      since: 1,
      counted: false,
      properties: { code: true, journey: true, source: true },
    })
    const rules = compileEntryRules([version(asked), version(birthday)])
    expect(Object.keys(rules)).toEqual([REQUEST_EVENT])
    expect(compile([version(birthday)]).events).not.toHaveProperty(REQUEST_EVENT)
  })

  test('an entry rule carries its window of validity', () => {
    const valid = { from: '2026-12-01T00:00:00Z' }
    expect(compileEntry({ ...JOURNEY, valid }, 1, 'h').valid).toEqual(valid)
    expect(compileRun({ ...JOURNEY, valid }, 1, 'h').valid).toEqual(valid)
    expect(compileEntry(JOURNEY, 1, 'h')).not.toHaveProperty('valid')
  })
})

test('what a wait compares with the entry event travels with both', () => {
  const correlated: Journey = {
    ...on('correlated', 'Order Completed'),
    start: 'listen',
    steps: {
      listen: {
        type: 'waitFor',
        event: 'Order Shipped',
        same: 'order_id',
        within: 'P7D',
        next: 'end',
        onTimeout: 'end',
      },
      end: { type: 'exit' },
    },
  }
  const { events } = compile([version(correlated)])
  expect(events['Order Shipped']?.properties).toEqual({ order_id: true })
  expect(events['Order Completed']?.properties).toMatchObject({ order_id: true })
})
