import type { Kysely, Transaction } from 'kysely'
import { markDelivered } from '../db/batches.ts'
import { listLoadedRules } from '../db/loaded-rules.ts'
import { getRuleBook } from '../db/rule-book-in-force.ts'
import type { Database } from '../db/schema.ts'
import { lockResting, storeAsleep } from '../db/sleepers.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import { absorbRules, advance } from '../domain/actor/advance.ts'
import type { CustomerState, LoadRequest } from '../domain/actor/customer-state.ts'
import type { TurnRecord } from '../domain/actor/effects.ts'
import { isQuiet, sleepsAtMs } from '../domain/actor/hibernation.ts'
import type { EventBatch, Input, Loaded } from '../domain/actor/inputs.ts'
import { newCustomer, upgrade } from '../domain/actor/new-customer.ts'
import type { Rules } from '../domain/actor/turn.ts'
import type { PublishedRules } from './published-rules.ts'

export interface ApplyOutsideDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  /** Real time, epoch milliseconds: no test customer gets here. */
  readonly now: () => number
}

/** What a batch came to, without anything being wanted of the world. */
interface Outcome {
  readonly state: CustomerState
  readonly records: readonly TurnRecord[]
  readonly wakeAtMs: number | null
}

/**
 * Applies a batch of nothing but imports to a customer who has no actor, and leaves the customer
 * asleep: the same function that the actor would call, on what it would restore, so that an import of
 * a shop's past costs the engine nothing. False, and nothing has changed: the actor has to hear it,
 * since there is one, or something would be decided, sent or due soon.
 *
 * Why nothing is applied twice or lost. The caller holds the customer's lease, so this is the next
 * batch. Under the row lock nobody has an actor, and the snapshot holds every batch before this one:
 * one that is on its way to the engine would be missing in it. An actor that starts meanwhile, for
 * whatever reason, takes the state over under the same lock (`restoreCustomer`): before this, then it
 * is found here; or after, then it finds the batch applied and ignores its number.
 */
export async function applyOutside(
  { db, rules, now }: ApplyOutsideDeps,
  customerId: string,
  batch: EventBatch,
): Promise<boolean> {
  if (!isQuiet(batch)) return false
  return db.transaction().execute(async (trx) => {
    const resting = await lockResting(trx, customerId)
    if (resting === undefined || resting.snapshotBatch !== batch.n - 1) return false
    const { snapshot, zone, known } = resting
    const nowMs = now()
    const state =
      snapshot === null
        ? newCustomer({ customerId, test: false, zone, known }, nowMs)
        : upgrade(snapshot)
    const outcome = await play(state, batch, nowMs, loaderOf(trx, rules, customerId))
    if (outcome === null) return false
    for (const record of outcome.records) await writeTurnRecord(trx, record, null)
    await storeAsleep(trx, outcome.state, outcome.wakeAtMs)
    await markDelivered(trx, [{ customerId, n: batch.n }])
    return true
  })
}

type Loader = (request: LoadRequest) => Promise<Loaded>

/** Null where the actor would do more than take notes, or would not sleep after it. */
async function play(
  before: CustomerState,
  batch: EventBatch,
  nowMs: number,
  load: Loader,
): Promise<Outcome | null> {
  const records: TurnRecord[] = []
  let state = before
  let rules: Rules = { book: null, definitions: {} }
  for (let input: Input | undefined = { type: 'batch', batch }; input !== undefined;) {
    rules = absorbRules(rules, input)
    const { actor, effects, wakeAtMs } = advance(state, rules, [input], nowMs)
    state = actor
    input = undefined
    for (const effect of effects) {
      if (effect.type === 'record') records.push(effect.record)
      else if (effect.type === 'load')
        input = { type: 'loaded', loaded: await load(effect.request) }
      else return null
    }
    if (input !== undefined) continue
    if (sleepsAtMs(state, rules, { heardAtMs: 0, wakeAtMs, nowMs }) !== nowMs) return null
    return { state, records, wakeAtMs }
  }
  return null
}

const loaderOf =
  (trx: Transaction<Database>, rules: PublishedRules, customerId: string): Loader =>
  (request) =>
    listLoadedRules(trx, { customerId, request }, async (hash) => {
      const { book } = await rules.getRules(trx)
      return book.hash === hash ? book : getRuleBook(trx, hash)
    })
