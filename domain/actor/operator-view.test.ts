import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mailsAndWaits } from '../../test/support/journeys.ts'
import type { Journey } from '../journeys/journey.ts'
import { describeCustomer, describeWake, operatorView } from './operator-view.ts'

const welcome: Journey = {
  key: 'welcome',
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: 'Signed Up' }] },
  start: 'rest',
  steps: { rest: { type: 'wait', for: 'P3D', at: '09:00', next: 'done' }, done: { type: 'exit' } },
}

const wakeAtMs = Date.parse('2026-12-05T08:00:00Z')
const player = () =>
  new ActorPlayer([welcome], '2026-12-01T10:00:00Z', 'Europe/Madrid').event('Signed Up')

test('the page says where the customer is, since when, what is next and what was decided', () => {
  const { actor } = player()
  expect(describeCustomer(actor, wakeAtMs).split('\n').filter(Boolean)).toEqual([
    expect.stringMatching(/^\*\*new\*\* since 2026-12-01 11:00 Europe\/Madrid · /),
    '- **welcome@1 · rest · since 2026-12-01 11:00 Europe/Madrid** · until 2026-12-05 09:00 Europe/Madrid',
    'Next: 2026-12-05 09:00 Europe/Madrid',
    'Last decisions:',
    '- 2026-12-01 11:00 Europe/Madrid · Signed Up → enter welcome',
  ])
})

test('the timer says what it waits for, on the clock of the customer', () => {
  expect(describeWake(player().actor, wakeAtMs)).toBe(
    'welcome@1 · rest · until 2026-12-05 09:00 Europe/Madrid',
  )
})

test('the timer of a date names the journey that is entered on it', () => {
  const dated: Journey = { ...welcome, key: 'renewal', entry: { on: [{ date: 'renewsOn' }] } }
  const { actor } = new ActorPlayer([dated], '2026-12-01T10:00:00Z', 'Europe/Madrid').learn({
    dates: { renewsOn: '2026-12-05' },
  })
  expect(describeWake(actor, wakeAtMs)).toBe(
    'renewal on its date · until 2026-12-05 09:00 Europe/Madrid',
  )
})

test('search attributes name journey, version and step of the active run', () => {
  expect(operatorView(player().actor, null)).toEqual({
    Lifecycle: 'new',
    Journey: 'welcome',
    JourneyVersion: 'welcome@1',
    JourneyStep: 'welcome@1:rest',
    LockedBy: null,
    Excluded: [],
    Test: false,
  })
})

describe('a message that waits says why, and until when', () => {
  const offers = journey('offers', { steps: mailsAndWaits('P2D') })
  const ana = () =>
    new ActorPlayer([offers], '2026-12-01T10:00:00Z', 'Europe/Madrid')
      .govern({ quietHours: [{ from: '10:30', until: '15:00', spread: 'PT1S' }] })
      .reachable()
  const said = ({ actor }: ActorPlayer) =>
    describeCustomer(actor, null)
      .split('\n')
      .filter((line) => line.startsWith('- ') && !line.includes('→'))
  const run = '- **offers@1 · hello · since 2026-12-01 11:00 Europe/Madrid**'

  test('held until its hour', () => {
    expect(said(ana().event('Signed Up'))).toEqual([
      `${run} · hello by email is held: quiet_hours, until 2026-12-01 15:00 Europe/Madrid`,
    ])
  })

  test('held until something changes, and by which exclusion', () => {
    const player = ana().event('Signed Up').exclude('complaint open')
    player.exclude('upset', { untilMs: Date.parse('2026-12-02T10:00:00Z') })
    expect(said(player)).toEqual([
      `${run} · hello by email is held: excluded:complaint open, at most until 2026-12-04 11:00 Europe/Madrid`,
      '- excluded: complaint open until it is closed',
      '- excluded: upset until 2026-12-02 11:00 Europe/Madrid',
    ])
  })

  test('parked until it is released', () => {
    const player = ana().govern({})
    player.answerSend = () => ({ type: 'parked', reason: 'stopped:all' })
    expect(said(player.event('Signed Up'))).toEqual([
      `${run} · hello by email is parked: stopped:all, until it is released`,
    ])
  })
})

test('the timer of an exclusion or of the queue says so, and not where the customer happens to be', () => {
  const untilMs = Date.parse('2026-12-02T10:00:00Z')
  const excluded = player().exclude('upset', { untilMs })
  expect(describeWake(excluded.actor, untilMs)).toBe(
    'exclusion upset ends · until 2026-12-02 11:00 Europe/Madrid',
  )
  const late = player().exclude('answer late', {
    fromMs: untilMs,
    untilMs: Date.parse('2026-12-09T10:00:00Z'),
  })
  expect(describeWake(late.actor, untilMs)).toBe(
    'exclusion answer late begins · until 2026-12-02 11:00 Europe/Madrid',
  )
  const rival = journey('rival', { arbitration: { mode: 'auto', value: 0.1 }, queueFor: 'P1D' })
  const { actor } = new ActorPlayer([welcome, rival], '2026-12-01T10:00:00Z', 'Europe/Madrid')
    .reachable()
    .event('Signed Up')
  expect(describeWake(actor, untilMs)).toBe(
    'rival@1 leaves the queue · until 2026-12-02 11:00 Europe/Madrid',
  )
})
