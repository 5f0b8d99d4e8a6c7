import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import type { Journey } from '../journeys/journey.ts'

/** Two mails, three days and nine o'clock apart. */
const series: Journey = {
  key: 'series',
  class: 'service',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Signed Up' }] },
  start: 'one',
  steps: {
    one: { type: 'message', message: 'one', next: 'rest' },
    rest: { type: 'wait', for: 'P3D', at: '09:00', next: 'two' },
    two: { type: 'message', message: 'two', next: 'done' },
    done: { type: 'exit' },
  },
  messages: {
    one: { email: { subject: 'One', html: 'One' } },
    two: { email: { subject: 'Two', html: 'Two' } },
  },
}
const NINE = '2026-12-01T09:00:00.000Z'

/** Signed up at nine sharp; the first mail's outcome comes so much later. */
function sentAfter(ms: number): ActorPlayer {
  const player = new ActorPlayer([series], NINE).reachable()
  player.holdSends = true
  player.event('Signed Up')
  return player.until(new Date(player.nowMs + ms).toISOString()).release()
}

describe('what follows a message', () => {
  test.each([0, 1, 350, 10 * 60_000])('counts from when it was due, sent %i ms later', (ms) => {
    const player = sentAfter(ms).until('2026-12-20T00:00:00Z')
    expect(player.mails[1]).toBe('2026-12-04T09:00 two')
  })

  test('counts from when it went out, where that was late', () => {
    const player = sentAfter(10 * 60_000 + 1).until('2026-12-20T00:00:00Z')
    expect(player.mails[1]).toBe('2026-12-05T09:00 two')
  })
})
