import { expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import { publishedTogether } from '../simulation.ts'

const START = '2026-12-01T10:00:00Z'

const waits = journey('waits', {
  steps: {
    hello: { type: 'message', message: 'hello', next: 'rest' },
    rest: { type: 'wait', date: 'trialEnds', next: 'onTime', onMissing: 'none', onPast: 'late' },
    onTime: { type: 'message', message: 'on time', next: 'done' },
    late: { type: 'message', message: 'late', next: 'done' },
    none: { type: 'message', message: 'none', next: 'done' },
    done: { type: 'exit' },
  },
  messages: {
    hello: mail('hello'),
    'on time': mail('on time'),
    late: mail('late'),
    none: mail('none'),
  },
})
const strong = journey('strong', {
  arbitration: { mode: 'manual', rank: 5 },
  entry: { on: [{ event: 'Strong' }] },
  steps: { hello: { type: 'wait', for: 'P10D', next: 'done' }, done: { type: 'exit' } },
})
const play = (): ActorPlayer =>
  new ActorPlayer([waits, strong], START)
    .reachable()
    .learn({ dates: { trialEnds: '2026-12-10' } })
    .event('Signed Up')
const publishAgain = (player: ActorPlayer): ActorPlayer => {
  const published = publishedTogether([waits, strong])
  return player.publish({ ...published, book: { ...published.book, hash: 'next' } })
}

test('a date that was reached while nobody was there goes on as on time, whatever was published', () => {
  const player = play()
  // The worker comes back an hour late: first thing, the actor meets a new book.
  player.nowMs = Date.parse('2026-12-10T10:00:00Z')
  publishAgain(player).learn({ has: { phone: true } })
  expect(player.until('2026-12-11T00:00:00Z').mails.at(-1)).toContain('on time')
})

test('one that was reached during a pause too', () => {
  const player = play().until('2026-12-05T00:00:00Z').event('Strong').until('2026-12-12T00:00:00Z')
  publishAgain(player).learn({ has: { phone: true } })
  expect(player.paused).toEqual(['waits'])
  expect(player.until('2026-12-16T00:00:00Z').mails.at(-1)).toContain('on time')
})

test('one that was changed into the past during a pause goes the way of the past', () => {
  const player = play().until('2026-12-05T00:00:00Z').event('Strong').until('2026-12-12T00:00:00Z')
  player.learn({ dates: { trialEnds: '2026-12-11' } })
  expect(player.until('2026-12-16T00:00:00Z').mails.at(-1)).toContain('late')
})
