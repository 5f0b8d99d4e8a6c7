import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { Cap } from '../contact/policy.ts'
import type { Journey } from '../journeys/journey.ts'
import type { SendOutcome } from './inputs.ts'

/** Everything on one day for one customer: no variation of it gets past the caps. */

const HOUR = 3_600_000
const START = Date.parse('2026-12-24T00:00:00Z')
const CHAIN: Journey['steps'] = {
  first: { type: 'message', message: 'first', next: 'rest' },
  rest: { type: 'wait', for: 'PT6H', next: 'second' },
  second: { type: 'message', message: 'second', onCap: 'hold', next: 'third' },
  third: { type: 'message', message: 'third', next: 'end' },
  end: { type: 'exit' },
}
const chain = (key: string, event: string, parts: Partial<Journey> = {}): Journey =>
  journey(key, {
    entry: { on: [{ event }], reentry: { mode: 'afterExit' } },
    start: 'first',
    steps: CHAIN,
    messages: { first: mail('1'), second: mail('2'), third: mail('3') },
    ...parts,
  })
const JOURNEYS = [
  chain('welcome', 'Signed Up'),
  chain('birthday', 'Birthday', { arbitration: { mode: 'manual', rank: 500 } }),
  chain('holiday', 'Holiday', { arbitration: { mode: 'auto', value: 30 }, onPreempt: 'abandon' }),
  chain('flash-sale', 'Flash Sale', { arbitration: { mode: 'manual', rank: 700 } }),
]
const EVENTS = ['Signed Up', 'Birthday', 'Holiday', 'Flash Sale'] as const
const DAY_CAP: Cap = { name: 'day', max: 2, window: 'P1D', onCap: 'skip' }
const WEEK_CAP: Cap = { name: 'week', max: 4, window: 'P7D', classes: ['marketing'] }

const OUTCOMES = [
  'sent',
  'sent',
  'sent',
  'refused',
  'retryAt',
  'unknown',
  'held',
  'parked',
] as const

test('welcome, birthday, holiday and flash sale on one day: never more than the caps', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          event: fc.constantFrom(...EVENTS, 'Upset', 'Resumed', 'Released', 'Restart'),
          afterMinutes: fc.integer({ min: 0, max: 300 }),
        }),
        { minLength: 4, maxLength: 30 },
      ),
      fc.infiniteStream(fc.constantFrom(...OUTCOMES)),
      (happenings, outcomes) => {
        const maybeSentAtMs: number[] = []
        const story = new ActorPlayer(JOURNEYS, new Date(START).toISOString(), 'Europe/Madrid')
        story.govern({ caps: [DAY_CAP, WEEK_CAP] }).reachable()
        const known = new Set<string>()
        story.answerSend = ({ deliveryId }): SendOutcome => {
          const type = outcomes.next().value ?? 'sent'
          if ((type === 'sent' || type === 'unknown') && !known.has(deliveryId)) {
            known.add(deliveryId)
            maybeSentAtMs.push(story.nowMs)
          }
          if (type === 'sent') return { type, atMs: story.nowMs, providerId: null }
          if (type === 'retryAt') return { type, atMs: story.nowMs + HOUR, reason: 'x' }
          return { type, reason: 'x', untilMs: story.nowMs + HOUR }
        }
        for (const { event, afterMinutes } of happenings) {
          story.until(new Date(story.nowMs + afterMinutes * 60_000).toISOString())
          if (event === 'Upset') story.exclude('upset')
          else if (event === 'Released') story.closeExclusion('upset')
          else if (event === 'Resumed') story.resumeSends()
          else if (event === 'Restart') story.actor = JSON.parse(JSON.stringify(story.actor))
          else story.event(event)
          expect(
            story.actor.runs.filter(({ status }) => status === 'active').length,
          ).toBeLessThanOrEqual(1)
        }
        story.resumeSends().until('2027-01-20T00:00:00Z')
        for (const atMs of maybeSentAtMs) {
          const since = (ms: number) =>
            maybeSentAtMs.filter((each) => each > atMs - ms && each <= atMs).length
          expect(since(24 * HOUR)).toBeLessThanOrEqual(DAY_CAP.max)
          expect(since(7 * 24 * HOUR)).toBeLessThanOrEqual(WEEK_CAP.max)
        }
      },
    ),
    { numRuns: 200 },
  )
})
