import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { FatigueRule } from '../contact/policy.ts'
import type { Contact } from './customer-state.ts'

/** Those who stopped reacting, as their actor lives through it. */

const START = '2026-06-01T10:00:00Z'
const QUIET: FatigueRule = {
  name: 'quiet-readers',
  channel: 'email',
  reactions: ['Email Opened', 'Email Link Clicked'],
  steps: [
    { afterUnanswered: 2, max: 1, per: 'P14D' },
    { afterUnanswered: 4, stop: true },
  ],
}
/** A mail for each event. */
const note = journey('note', {
  entry: { on: [{ event: 'News' }], reentry: { mode: 'afterExit' } },
  start: 'hello',
  steps: { hello: { type: 'message', message: 'hello', next: 'done' }, done: { type: 'exit' } },
  messages: { hello: mail('hello') },
})
const service = { ...note, class: 'service' as const }

const player = (rule: Partial<FatigueRule> = {}, of = note, customerId = 'c1', afterSeq = 0) =>
  new ActorPlayer([of], START, 'UTC', { customerId, afterSeq })
    .govern({ fatigue: [{ ...QUIET, ...rule }] })
    .reachable()
/** Asks for a mail on each of these days. */
function on(story: ActorPlayer, ...days: string[]): ActorPlayer {
  for (const day of days) story.until(`2026-${day}T10:00:00Z`).event('News')
  return story
}
const days = ({ mails }: ActorPlayer): string[] => mails.map((line) => line.slice(5, 10))

describe('row 14: whoever stopped reacting', () => {
  test('gets less, then nothing, and is told why in the list of deliveries', () => {
    const story = on(player(), '06-01', '06-02', '06-03', '06-17', '07-01', '08-01', '12-01')
    expect(days(story)).toEqual(['06-01', '06-02', '06-17', '07-01'])
    expect(story.keptBack).toEqual([
      'hello skipped: fatigue:quiet-readers',
      'hello skipped: fatigue:quiet-readers',
      'hello skipped: fatigue:quiet-readers',
    ])
  })

  test('gets everything again after any reaction', () => {
    const story = on(player(), '06-01', '06-02', '06-17', '07-01', '07-20')
    story.until('2026-07-21T10:00:00Z').event('Email Link Clicked')
    on(story, '07-22', '07-23', '07-24')
    expect(days(story)).toEqual(['06-01', '06-02', '06-17', '07-01', '07-22', '07-23'])
  })

  test('does not react by what a machine does, nor before what is to be answered', () => {
    const story = on(player(), '06-01', '06-02', '06-17', '07-01')
    story.event('Email Opened by Machine')
    story.event('Email Opened', { occurredAt: '2026-05-31T10:00:00Z' })
    expect(days(on(story, '07-20'))).toEqual(['06-01', '06-02', '06-17', '07-01'])
  })

  test('still gets what is of another class', () => {
    expect(days(on(player({}, service), '06-01', '06-02', '06-03', '06-04', '06-05'))).toHaveLength(
      5,
    )
  })

  test('may have it held: a reaction lets it out', () => {
    const story = on(player({ onCap: 'hold' }), '06-01', '06-02', '06-03')
    expect(story.keptBack).toEqual(['hello held: fatigue:quiet-readers'])
    story.until('2026-06-04T10:00:00Z').event('Email Opened')
    expect(days(story)).toEqual(['06-01', '06-02', '06-04'])
  })

  test('is who a merged customer was: what both did not answer counts, each once', () => {
    const ana = on(player(), '06-01')
    const visitor = on(player({}, note, 'visitor', 1_000), '06-01')
    visitor.leave(ana)
    ana.absorb(visitor).absorb(visitor)
    expect(days(on(ana, '06-02', '06-16'))).toEqual(['06-01', '06-16'])
  })
})

describe('a rule that is published today', () => {
  const sent = (n: number): Contact => ({
    key: `old.${n}`,
    atMs: Date.parse('2025-01-01T10:00:00Z') + n,
    channel: 'email',
    class: 'marketing',
    journey: 'note',
  })

  test('counts what the store says went out before', () => {
    const story = new ActorPlayer([note], START)
    story.storedContacts = [sent(1), sent(2), sent(3), sent(4)]
    on(story.govern({ fatigue: [QUIET] }).reachable(), '06-02')
    expect(story.mails).toEqual([])
  })

  test('counts what the actor knows of already once', () => {
    const story = on(new ActorPlayer([note], START).reachable(), '06-01')
    story.storedContacts = story.actor.contacts
    on(story.govern({ fatigue: [QUIET] }), '06-02', '06-03', '06-16', '06-30', '07-14')
    expect(days(story)).toEqual(['06-01', '06-02', '06-16', '06-30'])
    expect(story.actor.recalled).toHaveLength(1)
    expect(story.govern({}).event('News').actor).not.toHaveProperty('recalled')
  })
})
