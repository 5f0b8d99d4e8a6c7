import fc from 'fast-check'
import { LIFECYCLE_STATES } from '../../domain/journeys/journey.ts'
import {
  compact,
  condition,
  DATES,
  duration,
  event,
  EVENTS,
  inRun,
  localTime,
  ofAnswers,
  ofEntry,
  ofEvent,
  offset,
  sometimes,
  steps,
  text,
  type Fields,
} from './random-steps.ts'

const trigger = fc
  .oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        event: fc.constantFrom(...EVENTS),
        when: sometimes(condition(ofEvent), 6),
      }),
    },
    { weight: 1, arbitrary: fc.record({ lifecycle: fc.constantFrom(...LIFECYCLE_STATES) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        date: fc.constantFrom(...DATES),
        offset: sometimes(offset),
        at: sometimes(localTime),
        yearly: fc.constant(true),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        ended: fc.constantFrom('busy', 'returns'),
        reasons: sometimes(fc.constant(['completed'])),
      }),
    },
    { weight: 1, arbitrary: fc.record({ api: fc.constant(true) }) },
  )
  .map(compact)

const arbitration = fc.oneof(
  fc
    .record({
      mode: fc.constant('manual'),
      rank: fc.integer({ min: 0, max: 1_000 }),
      lock: sometimes(fc.constant('journey')),
    })
    .map(compact),
  fc.record({ mode: fc.constant('auto'), value: fc.integer({ min: 0, max: 100 }) }),
)

const exitRule = fc
  .oneof(
    fc.record({ event, when: sometimes(condition(ofEntry, ofEvent)) }),
    fc.record({ when: inRun, reason: fc.constant('left') }),
  )
  .map(compact)

const content = fc.record({
  email: fc.record({ subject: text, html: text }),
  webhook: fc.record({ url: fc.constant('https://example.com'), body: fc.array(text) }),
})

/**
 * Definitions made of all that the language has. Most have something wrong with them that only the
 * whole shows: a loop without a wait, a message that nobody sends.
 */
export const randomJourney: fc.Arbitrary<Fields> = fc
  .record({
    key: fc.constant('random'),
    class: fc.constantFrom('marketing', 'relationship', 'service'),
    arbitration,
    entry: fc
      .record({
        on: fc.array(trigger, { minLength: 1, maxLength: 3 }),
        when: sometimes(inRun, 6),
        reentry: fc.oneof(
          fc.constant({ mode: 'afterExit' }),
          fc.constantFrom(
            undefined,
            { mode: 'never' },
            { mode: 'coolDown', for: 'P1D' },
            { mode: 'perKey', property: 'order_id' },
          ),
        ),
      })
      .map(compact),
    valid: sometimes(fc.record({ until: fc.constant('2027-06-01T00:00:00Z') }), 4),
    exit: sometimes(fc.array(exitRule, { maxLength: 2 }), 4),
    goal: sometimes(
      fc.record({ event, within: duration, value: fc.constant('event.properties.revenue') }),
      3,
    ),
    onPreempt: sometimes(fc.constantFrom('pause', 'abandon')),
    staleAfter: sometimes(duration, 4),
    queueFor: sometimes(duration, 4),
    start: fc.constant('s0'),
    steps,
    messages: fc.record({ one: content, two: content }),
  })
  .map(compact)
  .map((definition) => ({ ...definition, ...answerConditions(definition) }))

/** Where a webhook saves its answer, an exit rule reads it. */
function answerConditions({ steps: all, exit }: Fields): Fields {
  const isSaved = JSON.stringify(all).includes('"saveAs":"a"')
  if (!isSaved || !Array.isArray(exit)) return {}
  return { exit: [...exit, { when: ofAnswers[0], reason: 'answered' }] }
}
