import fc from 'fast-check'
import { CHANNELS, WEEKDAYS } from '../../domain/journeys/values.ts'

/** Events that random journeys listen to and random lives consist of. */
export const EVENTS = ['Order Completed', 'Order Refunded', 'Product Viewed', 'Signed Up'] as const
export const DATES = ['renewal', 'birthday', 'moved_at'] as const
const STEP_TYPES = [
  'message',
  'wait',
  'waitFor',
  'branch',
  'split',
  'choose',
  'update',
  'emit',
  'webhook',
  'repeat',
] as const

/** One time in `odds` there is something. */
export const sometimes = <T>(arbitrary: fc.Arbitrary<T>, odds = 2): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: odds - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

export const event = fc.constantFrom(...EVENTS, 'Made Here')
export const duration = fc.constantFrom(
  'PT1H',
  'PT6H',
  'P1D',
  'P3D',
  'P1M',
  'P1W',
  'P1DT12H',
  'PT90M',
)
const instant = fc.constantFrom(
  '2026-12-05T09:00:00Z',
  '2026-12-24T18:00:00+01:00',
  '2020-01-01T00:00:00Z',
  '2027-03-28T02:30:00.5+09:00',
)
export const localTime = fc.constantFrom('00:00', '02:30', '09:00', '23:59')
const zone = fc.constantFrom(
  'UTC',
  'Europe/Madrid',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/Los_Angeles',
)
export const offset = fc.constantFrom('-P7D', 'P1D', '-P1M', 'PT3H', '-P3DT2H')
const name = fc.constantFrom('a', 'b', 'c')

const anywhere = [
  'true',
  "count('Order Completed') > 1",
  "count('Product Viewed', 'P3D') >= 2",
  "last('Order Refunded') > timestamp('2026-12-02T00:00:00Z')",
  "now - last('Order Completed') > duration('P2D')",
  "has('email') && !inJourney('returns')",
  "customer.traits.plan == 'gold' || customer.traits.visits > 3",
  "customer.lifecycle in ['new', 'prospect', 'waiting', 'hero']",
  "consented('marketing', 'email')",
  "now.getDayOfWeek() == 1 && now.getHours('Europe/Madrid') < 12",
  "returned('o1')",
]
export const ofEntry = ["entry.properties.order_id == 'o1'", 'entry.properties.revenue * 2 > 50']
export const ofEvent = [
  'event.properties.revenue > 20',
  "event.properties.products.exists(p, p.product_id == 'p1')",
  'has(event.properties.order_id)',
]
export const ofAnswers = ["answers.a.status == 200 && answers.a.body.ok == 'yes'"]

export const condition = (...more: readonly string[][]) =>
  fc.constantFrom(...anywhere, ...more.flat())
export const inRun = condition(ofEntry)
const expression = fc.constantFrom(
  "count('Order Completed') + 1",
  'entry.properties.revenue',
  'now',
  "customer.traits.plan + '!'",
  "entry.properties.products.map(p, p.product_id).join(',')",
)
const computed = fc.oneof(
  fc.constantFrom('x', 3, true, null),
  expression.map((expr) => ({ expr })),
)
export const text = fc.constantFrom(
  'Hello',
  "{{ customer.traits.firstName | default: 'you' }}",
  '{% for p in entry.properties.products %}{{ p.name }} {% endfor %}',
  "{{ counts['Order Completed'] }} {{ now | date: '%d %B' }}",
  '{% if entry.properties.revenue > 20 %}much{% endif %}',
)

export type Fields = Record<string, unknown>

/** Fields that are undefined are left out, as JSON has them. */
export const compact = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const chances = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.nat(), fc.nat())
  .map(([weight, first, second]) => [
    { id: 'a', weight, next: first },
    { id: 'b', weight: 100 - weight, next: second },
  ])

/** A step's fields by type. A number stands for a link: which step it is, is not known yet. */
const FIELDS: Readonly<Record<(typeof STEP_TYPES)[number] | 'exit', fc.Arbitrary<Fields>>> = {
  message: fc.record({
    message: fc.constantFrom('one', 'two'),
    channels: sometimes(fc.subarray([...CHANNELS], { minLength: 1 })),
    sendBy: sometimes(fc.oneof(duration, instant), 4),
    next: fc.nat(),
    onFail: sometimes(fc.nat()),
  }),
  wait: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ for: duration, at: sometimes(localTime), next: fc.nat() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        at: localTime,
        weekdays: sometimes(fc.subarray([...WEEKDAYS], { minLength: 1 })),
        zone: sometimes(zone),
        next: fc.nat(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ until: instant, at: sometimes(localTime), next: fc.nat() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        date: fc.constantFrom('renewal', 'moved_at'),
        offset: sometimes(offset),
        at: sometimes(localTime),
        weekdays: sometimes(fc.subarray([...WEEKDAYS], { minLength: 1 })),
        next: fc.nat(),
        onMissing: fc.nat(),
        onPast: fc.nat(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        date: fc.constantFrom(...DATES),
        yearly: fc.constant(true),
        next: fc.nat(),
        onMissing: fc.nat(),
      }),
    },
  ),
  waitFor: fc.oneof(
    fc.record({
      event,
      when: sometimes(condition(ofEntry, ofEvent)),
      same: sometimes(fc.constant('order_id')),
      within: duration,
      sinceEntry: sometimes(fc.constant(true)),
      next: fc.nat(),
      onTimeout: fc.nat(),
    }),
    fc.record({
      events: fc.array(
        fc
          .record({ event, when: sometimes(condition(ofEvent)), next: sometimes(fc.nat()) })
          .map(compact),
        { minLength: 1, maxLength: 3 },
      ),
      within: duration,
      sinceEntry: sometimes(fc.constant(true)),
      next: fc.nat(),
      onTimeout: fc.nat(),
    }),
  ),
  branch: fc.record({
    cases: fc.array(fc.record({ when: inRun, next: fc.nat() }), { minLength: 1, maxLength: 3 }),
    else: fc.nat(),
  }),
  split: fc.record({ arms: chances, salt: sometimes(name) }),
  choose: fc.record({ variants: chances }),
  update: fc.record({
    set: fc.dictionary(fc.constantFrom('plan', 'visits', 'renewal'), computed),
    next: fc.nat(),
  }),
  emit: fc.record({
    event,
    properties: sometimes(fc.dictionary(fc.constantFrom('order_id', 'revenue'), computed)),
    next: fc.nat(),
  }),
  webhook: fc.record({
    url: fc.constant('https://example.com/hook'),
    method: sometimes(fc.constantFrom('POST', 'PUT')),
    body: sometimes(fc.array(text, { maxLength: 2 })),
    timeout: sometimes(fc.constantFrom('PT1S', 'PT30S')),
    retryFor: sometimes(duration),
    next: fc.nat(),
    onFail: sometimes(fc.nat()),
  }),
  repeat: fc.record({
    times: fc.integer({ min: 1, max: 5 }),
    while: sometimes(inRun),
    body: fc.nat(),
    next: fc.nat(),
  }),
  exit: fc.record({ reason: sometimes(fc.constant('done')) }),
}

/** An exit ends most journeys anyway, and too many of them leave nothing to live through. */
const step: fc.Arbitrary<Fields> = fc
  .oneof(
    { weight: 30, arbitrary: fc.constantFrom(...STEP_TYPES) },
    { weight: 1, arbitrary: fc.constant('exit' as const) },
  )
  .chain((type) => FIELDS[type].map((fields) => compact({ type, ...fields })))

const LINKS: ReadonlySet<string> = new Set([
  'next',
  'else',
  'body',
  'onFail',
  'onTimeout',
  'onMissing',
  'onPast',
])

/** Puts names in the place of numbers: most lead on, some lead back. */
function linked(value: unknown, at: number, names: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => linked(item, at, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      if (!LINKS.has(field) || typeof inner !== 'number') return [field, linked(inner, at, names)]
      const leadsBack = inner % 8 === 0
      const ahead = names.length - at - 1
      const target = leadsBack ? inner % names.length : at + 1 + (inner % ahead)
      return [field, names[target]]
    }),
  )
}

/** Steps `s0`, `s1` … and an exit. The first webhook saves its answer, so that conditions can read it. */
export const steps = fc.array(step, { minLength: 1, maxLength: 10 }).map((list) => {
  const names = [...list.map((_, index) => `s${index}`), 'end']
  const built = list.map((each, index) => linked(each, index, names) as Fields)
  const asking = built.find(({ type }) => type === 'webhook')
  if (asking !== undefined) asking['saveAs'] = 'a'
  return Object.fromEntries([
    ...built.map((each, index) => [names[index], each]),
    ['end', { type: 'exit' }],
  ])
})
