import type { CustomerState, LoadRequest } from '../domain/actor/customer-state.ts'
import type { DeliveryRequest, TurnRecord } from '../domain/actor/effects.ts'
import type { Loaded, SendOutcome } from '../domain/actor/inputs.ts'
import type { ArbitrationAnswer, ArbitrationRequest } from '../domain/decisioning/arbitration.ts'

/**
 * Everything a workflow may ask of the world. Function-typed properties, so that proxies can be
 * destructured. Each is safe to repeat: the id that makes it so comes in as an argument.
 * What fails for a while (SQL, a provider) throws and is retried by `workflows/effects.ts`.
 */
export interface CustomerActivities {
  /**
   * The last snapshot stored for a customer whose actor starts without a state; null for a new one.
   * Asks the dispatcher to deliver the batches after the snapshot again, except those that the actor
   * holds already (`received`: their numbers): the batch that starts an actor need not come twice.
   */
  restoreCustomer: (input: {
    customerId: string
    received?: readonly number[]
  }) => Promise<Restored>
  /** Rule book, definitions and the counts of newly named facts. */
  loadRules: (input: { customerId: string; request: LoadRequest }) => Promise<Loaded>
  /** Writes what a turn changed. Same turn, same rows. */
  recordTurn: (input: { record: TurnRecord; snapshot: CustomerState | null }) => Promise<void>
  /**
   * What became of a send that the actor took back: what a try has settled, `unknown` where one died
   * in doubt, else `withdrawn`. Sends nothing. Writes the record that the send was to carry.
   */
  settleSend: (input: {
    request: DeliveryRequest
    record: TurnRecord | null
  }) => Promise<SendOutcome>
  /** Decides between candidates, stores the decision; a repeated id gets the stored one. */
  arbitrate: (input: {
    request: ArbitrationRequest
    record: TurnRecord | null
  }) => Promise<ArbitrationAnswer>
}

/** Runs on the queue of its channel, so that a throttled provider never holds up decisions. */
export interface DeliveryActivities {
  /** Tries one send for at most 30 s. Judges the SQL half of the gate immediately before the channel call. */
  deliverMessage: (input: {
    request: DeliveryRequest
    record: TurnRecord | null
  }) => Promise<SendOutcome>
}

export interface Restored {
  snapshot: CustomerState | null
  test: boolean
  zone: string
  known: boolean
}
