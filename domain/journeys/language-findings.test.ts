import { describe, expect, test } from 'vitest'
import { journey } from '../../test/support/journeys.ts'
import { checkJourney } from './journey-problems.ts'
import type { KnownNames } from './known-names.ts'

const END = { type: 'exit' }
const BASE = {
  key: 'welcome',
  class: 'marketing',
  arbitration: { mode: 'auto', value: 12 },
  entry: { on: [{ event: 'Order Completed' }] },
  start: 'first',
  steps: { first: END } as Record<string, unknown>,
}
const LOCKED = { mode: 'manual', rank: 1, lock: 'journey' }

const places = (change: object, known?: KnownNames): string[] =>
  checkJourney({ ...BASE, ...change }, known).findings.map(({ code, path }) => `${code} ${path}`)
const step = (first: object, more: Record<string, unknown> = {}): string[] =>
  places({ steps: { first, end: END, ...more } })

describe('wait', () => {
  const wait = (fields: object) => step({ type: 'wait', next: 'end', ...fields })

  test.each([
    [{ until: '2026-12-24T18:00:00+01:00' }],
    [{ weekdays: ['monday'], at: '09:00', zone: 'Asia/Tokyo' }],
    [{ date: 'renewal', offset: '-P7D', onMissing: 'end', onPast: 'end' }],
    [{ date: 'birthday', yearly: true, onMissing: 'end' }],
  ])('%j is taken', (fields) => {
    expect(wait(fields)).toEqual([])
  })

  test.each([
    [{}, ['wait_for_nothing /steps/first']],
    [
      { for: 'P1D', date: 'x', onMissing: 'end', onPast: 'end' },
      ['contradictory_fields /steps/first/date'],
    ],
    [{ for: 'P1D', onPast: 'end' }, ['contradictory_fields /steps/first/onPast']],
    [{ for: 'P1D', zone: 'UTC' }, ['contradictory_fields /steps/first/zone']],
    [
      { date: 'renewal' },
      ['missing_field /steps/first/onMissing', 'missing_field /steps/first/onPast'],
    ],
    [{ date: 'renewal', yearly: true }, ['missing_field /steps/first/onMissing']],
    [{ date: 'birthday', onMissing: 'end', onPast: 'end' }, ['personal_trait /steps/first/date']],
    [{ until: 'tomorrow' }, ['bad_instant /steps/first/until']],
    [{ until: '+012026-12-24T18:00:00Z' }, ['bad_instant /steps/first/until']],
    [{ for: 'P1D', at: '9:00' }, ['bad_local_time /steps/first/at']],
    [{ at: '09:00', zone: 'Europe/Madird' }, ['unknown_zone /steps/first/zone']],
    [{ at: '09:00', weekdays: ['mon'] }, ['unknown_value /steps/first/weekdays/0']],
    [
      { date: 'renewal', offset: 'P0D', onMissing: 'end', onPast: 'end' },
      ['bad_duration /steps/first/offset'],
    ],
  ])('%j is refused', (fields, expected) => {
    expect(wait(fields)).toEqual(expected)
  })
})

describe('waitFor', () => {
  const waitFor = (fields: object) =>
    step({ type: 'waitFor', within: 'P1D', next: 'end', onTimeout: 'end', ...fields })

  test.each([
    [{ event: 'A', same: 'order_id', sinceEntry: true }, []],
    [
      {
        events: [
          { event: 'A', when: 'event.properties.x == 1' },
          { event: 'B', next: 'end' },
        ],
      },
      [],
    ],
    [{}, ['missing_field /steps/first/event']],
    [{ event: 'A', events: [{ event: 'B' }] }, ['contradictory_fields /steps/first/event']],
    [{ events: [{ event: 'A', same: 'email' }] }, ['personal_trait /steps/first/events/0/same']],
    [{ events: [{ event: 'A', next: 'gone' }] }, ['dangling_link /steps/first/events/0/next']],
    [{ event: 'A', within: 'PT0S' }, ['bad_duration /steps/first/within']],
  ])('%j', (fields, expected) => {
    expect(waitFor(fields)).toEqual(expected)
  })
})

describe('webhook', () => {
  const call = (fields: object, more: Record<string, unknown> = {}) =>
    step({ type: 'webhook', url: 'https://example.com', next: 'end', ...fields }, more)

  test.each([
    [{ saveAs: 'crm', timeout: 'PT30S', retryFor: 'PT1H' }, []],
    [{ timeout: 'PT31S' }, ['out_of_range /steps/first/timeout']],
    [{ timeout: 'P0D' }, ['bad_duration /steps/first/timeout']],
    [{ retryFor: '-PT1H' }, ['bad_duration /steps/first/retryFor']],
    [{ saveAs: '2nd' }, ['bad_name /steps/first/saveAs']],
    [{ method: 'GET', body: {} }, ['contradictory_fields /steps/first/body']],
    [{ body: { name: '{{ customer.traits.' } }, ['bad_template /steps/first/body/name']],
    [{ body: ['{{ answers.crm.status }}'] }, ['unknown_answer /steps/first/body/0']],
  ])('%j', (fields, expected) => {
    expect(call(fields)).toEqual(expected)
  })

  test('two of them cannot save under one name', () => {
    const more = { type: 'webhook', url: 'https://example.com', saveAs: 'crm', next: 'end' }
    expect(call({ saveAs: 'crm', next: 'second' }, { second: more })).toEqual([
      'duplicate_id /steps/second/saveAs',
    ])
  })
})

describe('message', () => {
  const sendBy = (value: string) =>
    places({
      steps: { first: { type: 'message', message: 'hi', sendBy: value, next: 'end' }, end: END },
      messages: { hi: { email: { subject: 'Hi', html: '' } } },
    })

  test.each([
    ['P1D', []],
    ['2026-12-24T18:00:00Z', []],
    ['-P1D', ['bad_duration /steps/first/sendBy']],
    ['tonight', ['bad_instant /steps/first/sendBy']],
  ])('sendBy %s', (value, expected) => {
    expect(sendBy(value)).toEqual(expected)
  })

  const message = (fields: object, written: object = {}) =>
    places({
      steps: { first: { type: 'message', message: 'hi', next: 'end', ...fields }, end: END },
      messages: { hi: { email: { subject: 'Hi', html: '' }, ...written } },
    })

  test.each([
    [{ sendWindow: [{ from: '22:00', until: '06:00', weekdays: ['friday'] }] }, []],
    [
      { sendWindow: [{ from: '9:00', until: '24:00' }] },
      [
        'bad_local_time /steps/first/sendWindow/0/from',
        'bad_local_time /steps/first/sendWindow/0/until',
      ],
    ],
    [
      { sendWindow: [{ from: '09:00', until: '09:00' }] },
      ['empty_window /steps/first/sendWindow/0/until'],
    ],
    [
      { sendWindow: [{ from: '09:00', until: '18:00', weekdays: ['mon'] }] },
      ['unknown_value /steps/first/sendWindow/0/weekdays/0'],
    ],
    [{ onCap: 'otherChannel' }, []],
    [{ onCap: 'wait' }, ['unknown_value /steps/first/onCap']],
  ])('%j', (fields, expected) => {
    expect(message(fields)).toEqual(expected)
  })

  test.each([
    ['contact-centre', []],
    ['Contact centre', ['bad_name /messages/hi/needs']],
  ])('needs "%s"', (needs, expected) => {
    expect(message({}, { needs })).toEqual(expected)
  })

  test('a need alone says nothing', () => {
    const steps = { first: { type: 'message', message: 'hi', next: 'end' }, end: END }
    expect(places({ steps, messages: { hi: { needs: 'contact-centre' } } })).toEqual([
      'empty_message /messages/hi',
    ])
  })
})

describe('split', () => {
  const split = (...weights: number[]) =>
    step({
      type: 'split',
      arms: weights.map((weight, index) => ({ id: `a${index}`, weight, next: 'end' })),
    })

  test.each([
    [[50, 50], []],
    [[33.33, 33.33, 33.34], []],
    [[50, 49], ['bad_weights /steps/first/arms']],
    [
      [120, -20],
      ['out_of_range /steps/first/arms/0/weight', 'out_of_range /steps/first/arms/1/weight'],
    ],
  ])('weights %j', (weights, expected) => {
    expect(split(...weights)).toEqual(expected)
  })
})

describe('loops', () => {
  const wait = (next: string) => ({ type: 'wait', for: 'P1D', next })
  const repeat = (body: string, next: string, times = 3) => ({ type: 'repeat', times, body, next })

  test('a repetition that waits is bounded, also under a lock', () => {
    const steps = { first: repeat('rest', 'end'), rest: wait('first'), end: END }
    expect(places({ steps, arbitration: LOCKED })).toEqual([])
  })

  test('a repetition without a wait goes round in one instant', () => {
    const steps = {
      first: repeat('set', 'end'),
      set: { type: 'update', set: { a: 1 }, next: 'first' },
      end: END,
    }
    expect(places({ steps })).toEqual(['endless_loop /steps/set/next'])
  })

  test('a repetition without a number of rounds, or with more than 1,000, is refused', () => {
    const rest = wait('first')
    expect(step({ type: 'repeat', body: 'rest', next: 'end' }, { rest })).toEqual([
      'missing_field /steps/first/times',
    ])
    expect(step(repeat('rest', 'end', 1_001), { rest })).toEqual([
      'out_of_range /steps/first/times',
    ])
  })

  test('a body that never comes back has no second round', () => {
    expect(step(repeat('rest', 'end'), { rest: wait('end') })).toEqual([
      'repeats_once /steps/first/body',
    ])
  })

  test.each([
    [
      'a loop',
      {
        first: wait('look'),
        look: { type: 'branch', cases: [{ when: "has('a')", next: 'end' }], else: 'first' },
        end: END,
      },
    ],
    [
      'a repetition that is begun again and again',
      {
        first: repeat('rest', 'again'),
        rest: wait('first'),
        again: {
          type: 'split',
          arms: [
            { id: 'a', weight: 50, next: 'pause' },
            { id: 'b', weight: 50, next: 'end' },
          ],
        },
        pause: wait('first'),
        end: END,
      },
    ],
  ])('%s has no end under a lock', (_, steps) => {
    expect(places({ steps, arbitration: LOCKED })).toEqual(['lock_without_end /arbitration/lock'])
    expect(places({ steps })).toEqual([])
  })
})

describe('entry', () => {
  const entry = (on: object[], when?: string, more: object = {}) =>
    places({ entry: { on, ...(when === undefined ? {} : { when }) }, ...more })
  const event = { event: 'Order Completed' }

  test.each([
    [[event], 'false', ['never_entered /entry/when']],
    [[{ ...event, when: '1 == 2' }], undefined, ['never_entered /entry/on/0']],
    [[event], "!(count('Order Completed') > 0)", ['never_entered /entry/on/0']],
    [[event], "count('Order Completed') == 1", []],
    [[{ lifecycle: 'lost' }], "customer.lifecycle == 'hero'", ['never_entered /entry/on/0']],
    [[{ lifecycle: 'lost' }, event], "customer.lifecycle == 'hero'", ['dead_trigger /entry/on/0']],
    [
      [event],
      "customer.lifecycle == 'hero' && customer.lifecycle == 'lost'",
      ['never_entered /entry/on/0'],
    ],
    [[event], "inJourney('welcome')", ['excludes_itself /entry']],
    [[event], "inJourney('welcome') || has('a')", []],
    [[{ date: 'birthday' }], undefined, ['personal_trait /entry/on/0/date']],
    [[{ date: 'renewal', offset: 'P1X' }], undefined, ['bad_duration /entry/on/0/offset']],
    [[{ date: 'birthday', yearly: true, offset: '-P7D', at: '10:00' }], undefined, []],
    [[{ ended: 'welcome' }], undefined, ['starts_itself /entry/on/0/ended']],
    [[event], "customer.lifecycle == 'herro'", ['unknown_value /entry/when']],
    [[event], "now > timestamp('2026-13-01T00:00:00Z')", ['bad_instant /entry/when']],
    [[event], "now - last('X') > duration('three days')", ['bad_duration /entry/when']],
  ])('%j with %s', (on, when, expected) => {
    expect(entry(on, when)).toEqual(expected)
  })

  test('a window that is shut before it opens lets nobody in', () => {
    const valid = { from: '2026-12-02T00:00:00Z', until: '2026-12-01T23:00:00-01:00' }
    expect(places({ valid })).toEqual(['never_entered /valid'])
    expect(places({ valid: { from: 'soon' } })).toEqual(['bad_instant /valid/from'])
  })

  test.each([
    [{ on: [event], when: "has('a') && has('b')" }, "has('a')", true],
    [{ on: [event], when: "has('a')" }, "has('a') && has('b')", false],
    [{ on: [{ ...event, when: 'event.properties.x == 1' }] }, 'entry.properties.x == 1', true],
    [{ on: [{ lifecycle: 'lost' }] }, "'lost' == customer.lifecycle", true],
    [{ on: [{ lifecycle: 'lost' }, event] }, "'lost' == customer.lifecycle", false],
    [{ on: [event] }, '1 == 1', true],
  ])('%j with the exit %s', (entryRules, when, excludes) => {
    expect(places({ entry: entryRules, exit: [{ when }] })).toEqual(
      excludes ? ['excludes_itself /exit/0/when'] : [],
    )
  })

  test.each([
    ['lifecycle', { lifecycle: 'lost' }, 'order_id', true],
    ['lifecycle', { lifecycle: 'lost' }, 'from', false],
    ['date', { date: 'renewal' }, 'order_id', true],
    ['date', { date: 'renewal' }, 'date', false],
    ['end', { ended: 'returns' }, 'reason', false],
    ['API', { api: true }, 'order_id', false],
  ])('perKey on a %s trigger', (_, trigger, property, refused) => {
    const reentry = { mode: 'perKey', property }
    expect(places({ entry: { on: [trigger], reentry } })).toEqual(
      refused ? ['no_entry_event /entry/on/0'] : [],
    )
  })
})

describe('what the store has seen', () => {
  const known: KnownNames = {
    events: new Map([
      ['Order Completed', { count: 60, properties: new Set(['revenue']) }],
      ['Order Refunded', { count: 3, properties: new Set() }],
    ]),
    traits: { customers: 60, names: new Set(['plan']) },
    journeys: [journey('returns')],
  }

  test('names are warned about wherever they stand, once at each place, with the nearest', () => {
    const { journey: passed, findings } = checkJourney(
      {
        ...BASE,
        entry: {
          on: [{ event: 'Order Completd' }, { ended: 'return' }],
          when: "customer.traits.pln == 'x' && customer.traits.pln != 'y'",
        },
        exit: [{ event: 'Order Refunded', when: 'event.properties.reason == 1' }],
        goal: { event: 'Order Completed', within: 'P1D', value: 'event.properties.revenu' },
      },
      known,
    )
    expect(passed).not.toBeNull()
    expect(findings.map(({ code, path, message }) => [code, path, message])).toEqual([
      [
        'unknown_event',
        '/entry/on/0/event',
        '"Order Completd": no event of that name has been stored yet; do you mean "Order Completed"?',
      ],
      [
        'unknown_journey',
        '/entry/on/1/ended',
        '"return": no journey of that key is live; do you mean "returns"?',
      ],
      [
        'unknown_trait',
        '/entry/when',
        '"pln": no customer has this trait yet; do you mean "plan"?',
      ],
      [
        'unknown_property',
        '/goal/value',
        '"revenu": no event of that name has had this property yet; do you mean "revenue"?',
      ],
    ])
  })

  test('texts are looked through as conditions are', () => {
    const steps = { first: { type: 'message', message: 'hi', next: 'end' }, end: END }
    const html = `{{ entry.properties.revenu }} {{ customer.traits.pln | default: 'x' }} {{ counts['Order Lost'] }}`
    expect(
      places({ steps, messages: { hi: { email: { subject: 'Hi', html } } } }, known).toSorted(),
    ).toEqual([
      'unknown_event /messages/hi/email/html',
      'unknown_property /messages/hi/email/html',
      'unknown_trait /messages/hi/email/html',
    ])
  })

  test('what journeys make themselves is known', () => {
    const steps = {
      first: { type: 'update', set: { greeted: true }, next: 'tell' },
      tell: { type: 'emit', event: 'Greeted', properties: { by: 'mail' }, next: 'hear' },
      hear: {
        type: 'waitFor',
        event: 'Greeted',
        when: "event.properties.by == 'mail' && customer.traits.greeted",
        within: 'P1D',
        next: 'end',
        onTimeout: 'end',
      },
      end: END,
    }
    expect(places({ steps }, known)).toEqual([])
  })

  test('a store that has seen little says nothing', () => {
    const little: KnownNames = {
      events: new Map([['X', { count: 49, properties: new Set() }]]),
      traits: { customers: 49, names: new Set() },
      journeys: [],
    }
    expect(
      places({ entry: { on: [{ event: 'Y' }], when: "customer.traits.pln == 'x'" } }, little),
    ).toEqual([])
  })
})

describe('another journey that always comes first', () => {
  const other = (change: object) =>
    journey('first', {
      arbitration: { mode: 'manual', rank: 1 },
      entry: { on: [{ event: 'Order Completed' }], reentry: { mode: 'afterExit' } },
      ...change,
    })
  const mails = {
    steps: { first: { type: 'message', message: 'hi', next: 'end' }, end: END },
    messages: { hi: { email: { subject: 'Hi', html: '' } } },
  }
  const beside = (change: object, own: object = {}) =>
    places(
      { ...mails, ...own },
      {
        events: new Map(),
        traits: { customers: 0, names: new Set() },
        journeys: [other(change)],
      },
    )
  const beaten = ['always_beaten /arbitration']
  const on = [{ event: 'Order Completed' }]

  test.each([
    ['by hand', {}, {}, beaten],
    ['by worth', { arbitration: { mode: 'auto', value: 13 } }, {}, beaten],
    ['not by less', { arbitration: { mode: 'auto', value: 12 } }, {}, []],
    ['not where it queues', {}, { queueFor: 'P1D' }, []],
    ['not once in a lifetime', { entry: { on } }, {}, []],
    [
      'not under a condition of its own',
      { entry: { on, when: "has('a')", reentry: { mode: 'afterExit' } } },
      {},
      [],
    ],
    [
      'under a condition of both',
      { entry: { on, when: "has('a')", reentry: { mode: 'afterExit' } } },
      { entry: { on, when: "has('a') && has('b')" } },
      beaten,
    ],
    ['not on one of two triggers', {}, { entry: { on: [...on, { lifecycle: 'lost' }] } }, []],
    ['not where it may be unreachable', {}, { class: 'service' }, []],
    ['not where an exit may turn it away', { exit: [{ when: "has('a')" }] }, {}, []],
  ])('%s', (_, change, own, expected) => {
    expect(beside(change, own)).toEqual(expected)
  })
})
