import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey } from '../../test/support/journeys.ts'

const START = '2026-03-02T09:00:00Z'
const welcome = journey('welcome', { class: 'service' })
const offer = journey('offer', {
  class: 'service',
  entry: { on: [{ event: 'Sale Began' }] },
  arbitration: { mode: 'auto', value: 1_000 },
  queueFor: 'P7D',
})

/** Somebody whose sends are parked from now on. */
function parked(...journeys: Parameters<typeof journey>[1][]): ActorPlayer {
  const all = [welcome, offer].map((each, place) => ({ ...each, ...journeys[place] }))
  const player = new ActorPlayer(all, START).reachable()
  player.answerSend = () => ({ type: 'parked', reason: 'stop:all' })
  return player
}
const release = (player: ActorPlayer, deliveryId: string | null) =>
  player.batch([
    { type: 'release', seq: 900, receivedAtMs: player.nowMs, deliveryId, reason: 'resumed' },
  ])
const pass = (player: ActorPlayer) => {
  player.answerSend = () => ({ type: 'sent', atMs: player.nowMs, providerId: null })
}

describe('a parked send', () => {
  test('stays where it is, however long, until it is released; then it goes out once', () => {
    const player = parked().event('Signed Up')
    player.until('2026-03-04T09:00:00Z')
    expect(player.active).toBe('welcome:hello')
    pass(player)
    release(player, null)
    release(player, null)
    expect(player.mails).toEqual(['2026-03-04T09:00 hello'])
    expect(player.active).toBe('welcome:rest')
  })

  test('is not moved by the release of another one', () => {
    const player = parked().event('Signed Up')
    pass(player)
    release(player, 'somebody.else')
    expect(player.mails).toEqual([])
  })

  test('that has become too old is not sent, and its run goes on', () => {
    const hello = { type: 'message', message: 'hello', sendBy: 'PT1H', next: 'rest' } as const
    const player = parked({ steps: { ...welcome.steps, hello } }).event('Signed Up')
    player.until('2026-03-02T11:00:00Z')
    pass(player)
    release(player, null)
    expect(player.mails).toEqual([])
    expect(player.active).toBe('welcome:rest')
    expect(player.records.flatMap(({ deliveries }) => deliveries)).toMatchObject([
      { status: 'dropped', reason: 'too_late' },
    ])
  })

  test('is arbitrated anew: what waits meanwhile may come first', () => {
    const player = parked().event('Signed Up').event('Sale Began')
    expect(player.active).toBe('welcome:hello')
    player.until('2026-03-04T10:00:00Z')
    pass(player)
    release(player, null)
    expect(player.decisions.at(-1)).toMatchObject({ outcome: 'switch' })
    expect(player.mails).toEqual(['2026-03-04T10:00 hello'])
    expect(player.active).toBe('offer:rest')
  })

  test('nobody is asked where nobody else could come', () => {
    const player = parked().event('Signed Up')
    const before = player.decisions.length
    pass(player)
    release(player, null)
    expect(player.decisions).toHaveLength(before)
  })
})
