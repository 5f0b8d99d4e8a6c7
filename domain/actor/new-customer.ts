import { NO_FACTS } from '../customers/facts.ts'
import { STATE_VERSION, type CustomerState, type Facts, type Run } from './customer-state.ts'

/** What an actor knows of its customer before anything has happened. */
export interface Newcomer {
  readonly customerId: string
  readonly test: boolean
  readonly zone: string
  readonly known: boolean
}

/** The state of an actor that starts for the first time. */
export function newCustomer(
  { customerId, test, zone, known }: Newcomer,
  nowMs: number,
): CustomerState {
  return {
    v: STATE_VERSION,
    customerId,
    test,
    zone,
    known,
    bookHash: null,
    wantedBook: null,
    lastBatch: 0,
    turn: 0,
    facts: NO_FACTS,
    consents: {},
    exclusions: [],
    tallies: [],
    contacts: [],
    lifecycle: {
      state: known ? 'new' : 'ghost',
      sinceMs: nowMs,
      previous: null,
      reason: 'Just met.',
      nextAtMs: null,
    },
    runs: [],
    deferred: [],
    journeys: {},
    arms: {},
    dates: {},
    autoSwitchesAtMs: [],
    runCount: 0,
    decisionCount: 0,
    pending: null,
    arbitration: null,
    loading: null,
    collected: [],
    recentDecisions: [],
    handled: [],
    lastEventAtMs: null,
  }
}

/** As version 2 stored it: before contact rules. */
export interface StateV2 extends Omit<CustomerState, 'v' | 'exclusions' | 'tallies' | 'contacts'> {
  readonly v: 2
}

/** As version 1 stored it: before splits, dates, repetitions and migrations. */
export interface StateV1 extends Omit<StateV2, 'v' | 'facts' | 'runs' | 'arms' | 'dates'> {
  readonly v: 1
  readonly facts: Omit<Facts, 'dates'>
  readonly runs: readonly Omit<Run, 'met' | 'rounds' | 'answers' | 'movedFrom'>[]
}

/**
 * Brings a state of an older release to today's shape, once, when the actor starts.
 *
 * @throws {Error} for one of a newer release
 */
export function upgrade(state: CustomerState | StateV2 | StateV1): CustomerState {
  switch (state.v) {
    case STATE_VERSION:
      return state
    case 2:
      return { ...state, v: STATE_VERSION, exclusions: [], tallies: [], contacts: [] }
    case 1:
      return upgrade({
        ...state,
        v: 2,
        facts: { ...state.facts, dates: {} },
        runs: state.runs.map((run) => ({
          ...run,
          met: {},
          rounds: {},
          answers: {},
          movedFrom: null,
        })),
        arms: {},
        dates: {},
      })
    default:
      throw new Error(
        `Unknown state version ${String((state as { v: unknown }).v)}: this worker is older than the state`,
      )
  }
}
