import { describe, expect, test } from 'vitest'
import { contactRules } from '../../test/support/contact-rules.ts'
import type { Contact } from '../actor/customer-state.ts'
import { judge, type GateFacts } from './gate.ts'
import type { ContactRules, Exclusion } from './policy.ts'

const NOON = Date.parse('2026-12-02T12:00:00Z')
const HOUR = 3_600_000
const DAY = 24 * HOUR

const RULES = contactRules()

const FACTS: GateFacts = {
  class: 'marketing',
  channel: 'email',
  journey: 'welcome',
  marketingGranted: true,
  hasAddress: true,
  exclusions: [],
  group: null,
  contacts: [],
  counters: {},
  zone: 'UTC',
  sendWindow: undefined,
  onCap: undefined,
  spreadKey: 'c1.1.1.email',
}

const verdict = (
  facts: Partial<GateFacts>,
  rules: Partial<ContactRules> = {},
  atMs: number = NOON,
) => judge({ ...FACTS, ...facts }, { ...RULES, ...rules }, atMs)

const complaint: Exclusion = {
  exclusionId: 'complaint:7',
  rule: 'complaintOpen',
  reason: 'complaint open',
  scope: {},
  source: 'Complaint Opened',
  sinceMs: NOON - HOUR,
  fromMs: NOON - HOUR,
  untilMs: null,
}

const mail = (atMs: number, more: Partial<Contact> = {}): Contact => ({
  key: `k${atMs}`,
  atMs,
  channel: 'email',
  class: 'marketing',
  journey: 'other',
  ...more,
})

describe('consent and address', () => {
  test('nothing recorded means no, for marketing alone', () => {
    expect(verdict({ marketingGranted: false })).toEqual({ type: 'drop', reason: 'no_consent' })
    expect(verdict({ marketingGranted: false, class: 'service' })).toEqual({ type: 'send' })
  })

  test('are judged without any policy, and before anything that holds', () => {
    const facts = { ...FACTS, hasAddress: false, exclusions: [complaint] }
    expect(judge(facts, undefined, NOON)).toEqual({ type: 'drop', reason: 'no_address' })
  })
})

describe('the matrix', () => {
  const matrix: ContactRules['matrix'] = [
    { groups: ['vip'], classes: ['marketing'], do: 'hold' },
    { groups: ['lost'], channels: ['webhook'], do: 'drop' },
    { groups: ['prospect'], do: { replace: 'short' } },
    { classes: ['relationship'], do: 'drop' },
  ]

  test.each<[Partial<GateFacts>, object]>([
    [{ group: 'vip' }, { type: 'hold', reason: 'matrix:vip', untilMs: null }],
    [{ group: 'vip', class: 'service' }, { type: 'send' }],
    [{ group: 'lost' }, { type: 'send' }],
    [
      { group: 'lost', channel: 'webhook' },
      { type: 'drop', reason: 'matrix:lost' },
    ],
    [{ group: 'prospect' }, { type: 'send', instead: 'short' }],
    [{ group: null }, { type: 'send' }],
    [{ class: 'relationship' }, { type: 'drop', reason: 'matrix' }],
  ])('%j', (facts, expected) => {
    expect(verdict(facts, { matrix })).toEqual(expected)
  })

  test('what it replaces passes the rest of the gate', () => {
    const facts = { group: 'prospect', exclusions: [complaint] }
    expect(verdict(facts, { matrix })).toMatchObject({ type: 'hold' })
  })
})

describe('exclusions', () => {
  test('hold marketing on every channel, and leave service alone', () => {
    expect(verdict({ exclusions: [complaint] })).toEqual({
      type: 'hold',
      reason: 'excluded:complaint open',
      untilMs: null,
    })
    expect(verdict({ exclusions: [complaint], class: 'service' })).toEqual({ type: 'send' })
  })

  test('hold what their scope names', () => {
    const calls = { ...complaint, scope: { classes: ['service'], channels: ['webhook'] } } as const
    expect(verdict({ exclusions: [calls] })).toEqual({ type: 'send' })
    expect(verdict({ exclusions: [calls], class: 'service', channel: 'webhook' })).toMatchObject({
      type: 'hold',
    })
  })

  test('hold from their beginning to their end, and for the longest of several', () => {
    const later = { ...complaint, fromMs: NOON + 1 }
    const over = { ...complaint, untilMs: NOON }
    expect(verdict({ exclusions: [later, over] })).toEqual({ type: 'send' })
    const short = { ...complaint, untilMs: NOON + HOUR }
    const long = { ...complaint, reason: 'upset', untilMs: NOON + DAY }
    expect(verdict({ exclusions: [short, long] })).toEqual({
      type: 'hold',
      reason: 'excluded:upset',
      untilMs: NOON + DAY,
    })
  })
})

describe('caps', () => {
  const weekly = { name: 'weekly-mail', max: 2, window: 'P7D' } as const
  const full = [mail(NOON - 6 * DAY), mail(NOON - DAY)]

  test('a full one skips, unless it or the step says otherwise', () => {
    const says = (onCap: GateFacts['onCap'], ofCap?: GateFacts['onCap']) =>
      verdict(
        { contacts: full, onCap },
        { caps: [{ ...weekly, ...(ofCap === undefined ? {} : { onCap: ofCap }) }] },
      )
    expect(says(undefined)).toEqual({ type: 'skip', reason: 'cap:weekly-mail' })
    expect(says(undefined, 'otherChannel')).toEqual({
      type: 'otherChannel',
      reason: 'cap:weekly-mail',
    })
    expect(says('hold', 'skip')).toEqual({
      type: 'hold',
      reason: 'cap:weekly-mail',
      untilMs: NOON + DAY,
    })
  })

  test('has room again in the instant at which the oldest leaves the window', () => {
    const caps = [{ ...weekly, onCap: 'hold' } as const]
    expect(verdict({ contacts: full }, { caps }, NOON + DAY - 1).type).toBe('hold')
    expect(verdict({ contacts: full }, { caps }, NOON + DAY)).toEqual({ type: 'send' })
  })

  test('counts its channel, class and journeys, and forbids those alone', () => {
    const cap = { ...weekly, max: 1 }
    const contacts = [mail(NOON - HOUR)]
    const under = (scope: object, facts: Partial<GateFacts> = {}) =>
      verdict({ contacts, ...facts }, { caps: [{ ...cap, ...scope }] }).type
    expect(under({})).toBe('skip')
    expect(under({ channels: ['webhook'] })).toBe('send')
    expect(under({ classes: ['service'] })).toBe('send')
    expect(under({ journeys: ['welcome'] })).toBe('send')
    expect(under({ journeys: ['welcome', 'other'] })).toBe('skip')
    expect(under({ channels: ['email'] }, { channel: 'webhook' })).toBe('send')
  })

  test('of nothing never has room', () => {
    const caps = [{ name: 'none', max: 0, window: 'P1D', onCap: 'hold' } as const]
    expect(verdict({}, { caps })).toEqual({ type: 'hold', reason: 'cap:none', untilMs: null })
  })

  test('of several that are full the strictest answers, and the one that is full longest', () => {
    const day = { name: 'day', max: 1, window: 'P2D', onCap: 'hold' } as const
    const caps = [{ ...weekly, onCap: 'hold' } as const, day]
    expect(verdict({ contacts: full }, { caps })).toMatchObject({ reason: 'cap:weekly-mail' })
    expect(verdict({ contacts: full }, { caps: [day, weekly] })).toMatchObject({ type: 'skip' })
  })

  describe('of the calendar go by the customer’s own days', () => {
    const capped = (calendar: 'day' | 'week' | 'month', zone: string | null, at: string) =>
      verdict(
        { contacts: [mail(Date.parse(at))], zone },
        { caps: [{ name: 'c', max: 1, window: { calendar }, onCap: 'hold' }] },
        Date.parse('2026-10-25T12:00:00Z'),
      )

    // Sunday on which Madrid's clocks go back: that day has 25 hours.
    test.each([
      ['day', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
      ['week', '2026-10-18T22:00:00Z', '2026-10-25T23:00:00Z'],
      ['month', '2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z'],
    ] as const)('%s', (calendar, from, until) => {
      const justBefore = new Date(Date.parse(from) - 1).toISOString()
      expect(capped(calendar, 'Europe/Madrid', justBefore)).toEqual({ type: 'send' })
      expect(capped(calendar, 'Europe/Madrid', from)).toEqual({
        type: 'hold',
        reason: 'cap:c',
        untilMs: Date.parse(until),
      })
    })

    test('and by the policy’s where nobody knows the customer’s', () => {
      expect(capped('day', null, '2026-10-24T23:00:00Z')).toEqual({ type: 'send' })
    })
  })
})
