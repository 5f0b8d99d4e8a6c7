import { describe, expect, test } from 'vitest'
import { journey } from '../../test/support/journeys.ts'
import { compileEntryRules, compileRuleBook } from './compile-rule-book.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import type { Entry } from './journey.ts'
import { checkJourney } from './journey-problems.ts'
import { AUDIENCE_EVENT } from './requested-entry.ts'

const of = (entry: object) => journey('sale', { class: 'service', entry: entry as Entry })
const codes = (entry: object) =>
  checkJourney(of(entry)).findings.map(({ code, path }) => `${code} ${path}`)

describe('an audience that enters', () => {
  test.each([
    [{ on: [], audience: { key: 'buyers' } }],
    [{ on: [], audience: { key: 'buyers', at: '2026-12-24T18:00:00+01:00', perSecond: 50 } }],
    [
      {
        on: [{ event: 'Order Completed' }],
        audience: { key: 'buyers', at: { hour: 9, weekdays: ['monday'], zone: 'Europe/Madrid' } },
      },
    ],
    [{ on: [], audience: { key: 'buyers' }, reentry: { mode: 'perKey', property: 'run' } }],
  ])('%j can be published', (entry) => expect(codes(entry)).toEqual([]))

  test.each([
    [{ on: [] }, 'out_of_range /entry/on'],
    [{ on: [], audience: { key: 'a', at: 'soon' } }, 'bad_instant /entry/audience/at'],
    [
      { on: [], audience: { key: 'a', at: { hour: 9, zone: 'Mars' } } },
      'unknown_zone /entry/audience/at/zone',
    ],
    [{ on: [], audience: { key: 'a', at: { hour: 24 } } }, 'out_of_range /entry/audience/at/hour'],
    [{ on: [], audience: { key: 'a', perSecond: 0 } }, 'out_of_range /entry/audience/perSecond'],
    [
      {
        on: [],
        audience: { key: 'a' },
        reentry: { mode: 'perKey', property: 'order_id' },
      },
      'no_entry_event /entry/audience',
    ],
    [{ on: [{ event: AUDIENCE_EVENT }] }, 'reserved_event /entry/on/0/event'],
  ])('%j is refused: %s', (entry, finding) => expect(codes(entry)).toEqual([finding]))

  test('wakes actors by an event of its own, which says the journey', () => {
    const journeys = [
      { journey: of({ on: [], audience: { key: 'buyers' } }), version: 1, hash: 'h', live: true },
    ]
    const { events } = compileRuleBook({
      journeys,
      lifecycle: DEFAULT_LIFECYCLE_RULES,
      previous: null,
      publication: 1,
    })
    expect(events[AUDIENCE_EVENT]).toEqual({
      since: 1,
      counted: false,
      properties: { journey: true },
    })
    expect(compileEntryRules(journeys)[AUDIENCE_EVENT]).toMatchObject([{ journey: 'sale' }])
  })
})
