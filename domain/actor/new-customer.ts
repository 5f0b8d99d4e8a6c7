import { STATE_VERSION, type CustomerState } from './customer-state.ts'

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
    facts: {
      traits: {},
      has: {},
      counters: {},
      purchasedMinor: 0,
      returned: [],
      returnedAtMs: [],
      since: {},
    },
    consents: {},
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

/** Brings a state of an older release to today's shape, once, when the actor starts. */
export function upgrade(state: CustomerState): CustomerState {
  if (state.v !== STATE_VERSION)
    throw new Error(`Unknown state version ${String(state.v)}: this worker is older than the state`)
  return state
}
