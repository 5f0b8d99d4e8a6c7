import { expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
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
