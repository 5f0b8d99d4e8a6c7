import { expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey } from '../../test/support/journeys.ts'
import type { CustomerState } from './customer-state.ts'
import { newCustomer, upgrade, type StateV1, type StateV2 } from './new-customer.ts'

const START = '2026-12-01T10:00:00Z'

/** What version 2 would have stored of this state. */
function asStoredByVersion2(state: CustomerState): StateV2 {
  const { exclusions: _exclusions, tallies: _tallies, contacts: _contacts, ...rest } = state
  return { ...rest, v: 2 }
}

/** The same of version 1. */
function asStoredByVersion1(state: CustomerState): StateV1 {
  const { arms: _arms, dates: _dates, facts, runs, ...rest } = asStoredByVersion2(state)
  const { dates: _factDates, ...factsV1 } = facts
  const runsV1 = runs.map(
    ({ met: _met, rounds: _rounds, answers: _answers, movedFrom: _movedFrom, ...run }) => run,
  )
  return { ...rest, v: 1, facts: factsV1, runs: runsV1 }
}

test.each([
  ['1', asStoredByVersion1, 'runs.0.met'],
  ['2', asStoredByVersion2, 'contacts'],
])('a state of version %s goes on where it was', (_, asStored, lacking) => {
  const player = new ActorPlayer([journey('welcome')], START).reachable().event('Signed Up')
  const now = player.actor
  const stored = asStored(now)
  expect(stored).not.toHaveProperty(lacking)
  player.actor = upgrade(structuredClone(stored))
  // What counts for caps is known from the upgrade on.
  expect(player.actor).toEqual({ ...now, contacts: [] })
  player.until('2026-12-15T10:00:00Z')
  expect(player.mails).toEqual(['2026-12-01T10:00 hello', '2026-12-15T10:00 bye'])
  expect(player.endings).toEqual(['welcome: completed'])
})

test('a state of today stays as it is', () => {
  const customer = { customerId: 'c1', test: false, zone: 'UTC', known: true }
  const state = newCustomer(customer, Date.parse(START))
  expect(upgrade(state)).toBe(state)
})

test('a state of a newer release is refused: an older worker would lose what it does not know', () => {
  const state = newCustomer({ customerId: 'c1', test: false, zone: 'UTC', known: true }, 0)
  expect(() => upgrade({ ...state, v: 4 } as unknown as CustomerState)).toThrow(
    'Unknown state version 4',
  )
})
