import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { contactOf } from '../../test/support/contact.ts'
import type { ExclusionRule } from '../contact/policy.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import { publishedAs } from '../simulation.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.parse('2026-12-01T00:00:00Z')
/** Everything has happened, and arrives from here on, a second after each other. */
const ARRIVAL_MS = START_MS + 300.5 * HOUR_MS
const WEEK_MS = 168 * HOUR_MS

const rule = (name: string, more: Partial<ExclusionRule> = {}): ExclusionRule => ({
  name,
  open: [{ event: 'Opened' }],
  close: [{ event: 'Closed' }],
  ...more,
})
const RULES = [
  rule('one'),
  rule('perCase', { per: 'id' }),
  rule('week', { per: 'id', for: 'P7D' }),
  rule('often', { per: 'id', beyond: { max: 2, window: 'P7D' } }),
]

interface Happening {
  readonly name: 'Opened' | 'Closed'
  readonly id: string
  readonly hour: number
}

const happening: fc.Arbitrary<Happening> = fc.record({
  name: fc.constantFrom('Opened', 'Opened', 'Closed'),
  id: fc.constantFrom('a', 'b'),
  hour: fc.integer({ min: 0, max: 300 }),
})

/** What `docs/exclusions.md` says is open once all of this has been heard. */
function shouldBeOpen(happenings: readonly Happening[], nowMs: number): string[] {
  return RULES.flatMap((each) => {
    const cases = each.per === undefined ? ['any'] : ['a', 'b']
    return cases
      .filter((id) => {
        const own = happenings.filter((one) => each.per === undefined || one.id === id)
        const closedAt = Math.max(...own.map(({ name, hour }) => (name === 'Closed' ? hour : -1)))
        const openings = own.filter(({ name, hour }) => name === 'Opened' && hour > closedAt)
        const inWindow = openings.filter(({ hour }) => START_MS + hour * HOUR_MS + WEEK_MS > nowMs)
        if (each.beyond !== undefined) return inWindow.length > 2
        return (each.for === undefined ? openings : inWindow).length > 0
      })
      .map((id) => `${each.name}:${id}`)
  }).toSorted()
}

function openAfter(happenings: readonly Happening[], untilMs: number): string[] {
  const published = publishedAs([], {
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    contact: contactOf(...RULES),
  })
  const player = new ActorPlayer([], new Date(ARRIVAL_MS).toISOString()).publish(published)
  for (const [at, { name, id, hour }] of happenings.entries())
    player.until(new Date(ARRIVAL_MS + at * 1_000).toISOString()).event(name, {
      properties: { id },
      occurredAt: new Date(START_MS + hour * HOUR_MS).toISOString(),
    })
  player.until(new Date(untilMs).toISOString())
  return player.actor.exclusions.map((each) => `${each.rule}:${each.case ?? 'any'}`).toSorted()
}

test('for any order of arrival the same cases are open once all is heard, now and later', () => {
  fc.assert(
    fc.property(
      fc.array(happening, { maxLength: 14 }).chain((happenings) =>
        fc.record({
          happenings: fc.constant(happenings),
          shuffled: fc.shuffledSubarray(happenings, { minLength: happenings.length }),
          laterHours: fc.integer({ min: 1, max: 200 }),
        }),
      ),
      ({ happenings, shuffled, laterHours }) => {
        const untilMs = ARRIVAL_MS + laterHours * HOUR_MS
        const expected = shouldBeOpen(happenings, untilMs)
        expect(openAfter(happenings, untilMs)).toEqual(expected)
        expect(openAfter(shuffled, untilMs)).toEqual(expected)
      },
    ),
    { numRuns: 300 },
  )
})
