import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { absorbRules, advance, missingRules, openEffects } from '../domain/actor/advance.ts'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import type { Input } from '../domain/actor/inputs.ts'
import { newCustomer, upgrade } from '../domain/actor/new-customer.ts'
import { hasLeft } from '../domain/actor/leave.ts'
import { describeWake } from '../domain/actor/operator-view.ts'
import { lockedBy } from '../domain/actor/run-store.ts'
import type { Rules } from '../domain/actor/turn.ts'
import { whatNext } from '../domain/actor/what-next.ts'
import { Alarm } from './alarm.ts'
import {
  askNext,
  customerState,
  eventsHappened,
  whenHandled,
  type CustomerInput,
  type HandledEvent,
} from './customer-messages.ts'
import { loadRules, restoreCustomer } from './effects.ts'
import { Performer } from './performer.ts'
import { Visibility } from './visibility.ts'

/** History events after which the actor continues as new: a cold wake replays them all. */
const HISTORY_EVENTS_MAX = 800
/** From here on, sends that wait on a throttled queue no longer hold it back; they are issued again. */
const HISTORY_EVENTS_PATIENCE = 2_000
/** The server refuses signals at 10,000 a run, and does not count them in its own suggestion. */
const SIGNALS_MAX = 5_000

/**
 * One customer, from first contact to erasure. Decides nothing: `advance()` decides, this waits and
 * has performed.
 *
 * Owns: the inbox, one timer, continuing as new, the way out on Cancel and after a merge.
 * Does not own: any rule. Adding a step type, a channel or a gate does not change it.
 *
 * Invariants:
 *  I1  Handlers only append to the inbox; the loop alone changes the state.
 *  I2  It leaves (continue as new, Cancel) with nothing in flight and an inbox that is empty or taken
 *      along, and nothing is awaited between that check and leaving. A signal that slips in fails the
 *      task, which then runs again.
 *  I3  Whatever the state says is open has exactly one activity in flight.
 */
export async function customer({ customerId, state }: CustomerInput): Promise<void> {
  const inbox: Input[] = []
  let actor: CustomerState | undefined
  let rules: Rules = { book: null, definitions: {} }
  let signals = 0
  let isCancelRequested = false
  /** Callers that wait for their events are answered with what is handled so far. */
  let isLeaving = false

  setHandler(
    eventsHappened,
    (batch) => {
      signals++
      inbox.push({ type: 'batch', batch })
    },
    { description: 'A numbered batch of the event log' },
  )
  // In a query the workflow's clock stands at its last task: the question says what time it is.
  setHandler(
    askNext,
    (question) =>
      actor !== undefined && knowsItsRuns(actor, rules)
        ? whatNext(actor, rules.definitions, question)
        : null,
    { description: 'What could be done now, without changing anything' },
  )
  setHandler(customerState, () => actor, { description: 'All that the actor remembers' })
  setHandler(
    whenHandled,
    async ({ seqs }) => {
      await condition(() => isLeaving || seqs.every((seq) => handledIn(actor, seq) !== undefined))
      return seqs.flatMap((seq) => handledIn(actor, seq) ?? [])
    },
    { description: 'Waits until events are applied and decided' },
  )
  CancellationScope.current().cancelRequested.catch(() => {
    isCancelRequested = true
  })

  // Cancel is heard above; what is in flight when it comes is brought to its end.
  await CancellationScope.nonCancellable(async () => {
    const alarm = new Alarm()
    const visibility = new Visibility()
    const performer = new Performer(customerId, (input) => inbox.push(input))
    const restored = state === undefined ? await restore(customerId, inbox) : upgrade(state)
    if (restored === null) return
    let current = restored
    const lacking = missingRules(current, rules)
    if (lacking !== null) {
      const loaded: Input = {
        type: 'loaded',
        loaded: await loadRules({ customerId, request: lacking }),
      }
      rules = absorbRules(rules, loaded)
      inbox.unshift(loaded)
    }
    for (const effect of openEffects(current, rules, Date.now())) performer.perform(effect)

    const step = (inputs: readonly Input[]): void => {
      rules = inputs.reduce(absorbRules, rules)
      const { actor: next, effects, wakeAtMs } = advance(current, rules, inputs, Date.now())
      current = next
      actor = next
      for (const effect of effects) performer.perform(effect)
      visibility.show(next, lockedBy(next, rules), wakeAtMs)
      alarm.set(wakeAtMs, Date.now(), (atMs) => describeWake(next, atMs))
    }
    const mayLeave = (): boolean => performer.isIdle && allHandlersFinished()

    // One that becomes part of another customer ends by itself, once all is told.
    const isCancelled = (): boolean => isCancelRequested && current.leaving === undefined
    while (!isCancelled()) {
      alarm.take()
      step(inbox.splice(0))
      const { historyLength, continueAsNewSuggested } = workflowInfo()
      const mustLeave =
        historyLength > HISTORY_EVENTS_MAX || continueAsNewSuggested || signals >= SIGNALS_MAX
      if (mustLeave && !hasLeft(current) && performer.isIdle && inbox.length === 0) {
        isLeaving = true
        if (allHandlersFinished())
          await continueAsNew<typeof customer>({ customerId, state: current })
      } else if (hasLeft(current) && performer.isIdle && inbox.length === 0) {
        isLeaving = true
        if (allHandlersFinished()) return
      } else if (
        mustLeave &&
        !hasLeft(current) &&
        historyLength > HISTORY_EVENTS_PATIENCE &&
        performer.hasOnlySends
      ) {
        performer.handBackSends()
      }
      await condition(
        () =>
          inbox.length > 0 ||
          alarm.hasRung ||
          isCancelled() ||
          performer.failure !== null ||
          (isLeaving ? mayLeave() : (mustLeave || hasLeft(current)) && performer.isIdle),
      )
      if (performer.failure !== null) throw performer.failure
    }

    isLeaving = true
    step([{ type: 'cancelled', reason: 'cancelled_by_operator' }])
    await condition(mayLeave)
    // What had not been handled is the next event, which starts the actor afresh.
    const left = [...current.collected, ...inbox].filter(
      (input) => input.type === 'batch' && input.batch.n > current.lastBatch,
    )
    if (left.length > 0)
      await continueAsNew<typeof customer>({ customerId, state: { ...current, collected: left } })
  })
}

/** The state of an actor that starts without one: its last snapshot, or that of a newcomer; null: it is gone. */
async function restore(customerId: string, inbox: readonly Input[]): Promise<CustomerState | null> {
  const received = inbox.flatMap((input) => (input.type === 'batch' ? [input.batch.n] : []))
  const restored = await restoreCustomer({ customerId, received })
  if (restored === null) return null
  const { snapshot, ...known } = restored
  return snapshot === null ? newCustomer({ customerId, ...known }, Date.now()) : upgrade(snapshot)
}

const knowsItsRuns = ({ runs }: CustomerState, { definitions }: Rules): boolean =>
  runs.every(({ hash }) => definitions[hash] !== undefined)

function handledIn(actor: CustomerState | undefined, seq: number): HandledEvent | undefined {
  const found = actor?.handled.find(([handled]) => handled === seq)
  if (found === undefined || actor?.pending?.seqs.includes(seq) === true) return undefined
  const offer = actor?.offers?.find((each) => each.seq === seq)
  return {
    seq,
    decisionId: found[1],
    ...(offer === undefined ? {} : { offer: { refused: offer.refused } }),
  }
}
