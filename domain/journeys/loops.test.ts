import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { Journey } from './journey.ts'
import type { Step } from './step.ts'
import { checkJourney } from './journey-problems.ts'

const END: Step = { type: 'exit' }
const MAIL: Step = { type: 'message', message: 'hello', next: 'rest' }
const looping = (steps: Record<string, Step>, parts: Partial<Journey> = {}): Journey =>
  journey('loop', {
    start: Object.keys(steps)[0] ?? '',
    steps: { ...steps, end: END },
    messages: Object.hasOwn(steps, 'mail') ? { hello: mail('hello') } : {},
    ...parts,
  })
const found = (definition: Journey): string[] =>
  checkJourney(definition).findings.map(({ code, path, severity }) => `${severity} ${code} ${path}`)

/** Three times two mails, a day apart. */
const nested = looping({
  outer: { type: 'repeat', times: 3, body: 'inner', next: 'end' },
  inner: { type: 'repeat', times: 2, body: 'mail', next: 'outer' },
  mail: MAIL,
  rest: { type: 'wait', for: 'P1D', next: 'inner' },
})
const yearly = looping(
  {
    rest: { type: 'wait', date: 'birthday', yearly: true, next: 'mail', onMissing: 'end' },
    mail: MAIL,
  },
  { exit: [{ event: 'Order Refunded' }] },
)

describe('a loop', () => {
  test('of a repetition inside another is taken, and goes round as often as both say', () => {
    expect(found(nested)).toEqual([])
    const player = new ActorPlayer([nested], '2026-12-01T10:00:00Z').reachable()
    expect(player.event('Signed Up').until('2027-01-01T00:00:00Z').mails).toHaveLength(6)
    expect(player.endings).toEqual(['loop: completed'])
  })

  test('over a date of every year is taken, and goes round once a year', () => {
    expect(found(yearly)).toEqual([])
    const player = new ActorPlayer([yearly], '2026-12-01T10:00:00Z').reachable()
    player.learn({ dates: { birthday: '--12-06' } })
    expect(player.event('Signed Up').until('2029-12-01T00:00:00Z').mails).toHaveLength(3)
  })

  test('over a date that comes once is taken where a past one leads out', () => {
    const renewal = (onPast: string) =>
      looping({
        rest: { type: 'wait', date: 'renewal', next: 'mail', onMissing: 'end', onPast },
        mail: MAIL,
      })
    expect(found(renewal('end'))).toEqual([])
    expect(found(renewal('mail'))).toEqual(['error endless_loop /steps/mail/next'])
  })

  test('is refused where a condition may leave out every round of the repetition inside', () => {
    const inner = { ...nested.steps.inner, while: "customer.traits.plan == 'gold'" } as Step
    expect(found({ ...nested, steps: { ...nested.steps, inner } })).toEqual([
      'error endless_loop /steps/inner/next',
    ])
  })

  test('under a lock is refused, and warned of where an exit rule may end it', () => {
    const locked = looping(
      {
        rest: {
          type: 'waitFor',
          event: 'Product Viewed',
          within: 'P1D',
          next: 'rest',
          onTimeout: 'end',
        },
      },
      { arbitration: { mode: 'manual', rank: 1, lock: 'journey' } },
    )
    const exit = [{ when: "customer.lifecycle == 'lost'" }]
    expect(found(locked)).toEqual(['error lock_without_end /arbitration/lock'])
    expect(found({ ...locked, exit })).toEqual(['warning lock_without_end /arbitration/lock'])
  })
})

test('what follows the last round counts to the steps of one instant', () => {
  const chain = (name: string, length: number, last: string): Record<string, Step> =>
    Object.fromEntries(
      Array.from({ length }, (_, n): [string, Step] => [
        `${name}${n}`,
        { type: 'update', set: { n }, next: n + 1 < length ? `${name}${n + 1}` : last },
      ]),
    )
  const long = looping({
    outer: { type: 'repeat', times: 3, body: 'inner', next: 'b0' },
    inner: { type: 'repeat', times: 2, body: 'rest', next: 'a0' },
    rest: { type: 'wait', for: 'P1D', next: 'inner' },
    ...chain('a', 110, 'outer'),
    ...chain('b', 110, 'end'),
  })
  expect(found(long)).toEqual(['error path_too_long /steps/inner'])
})
