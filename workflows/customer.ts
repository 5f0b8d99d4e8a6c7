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
import { isQuiet, sleepsAtMs } from '../domain/actor/hibernation.ts'
import { describeSleep, describeWake } from '../domain/actor/operator-view.ts'
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
import { fallAsleep, loadRules, restoreCustomer } from './effects.ts'
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
 * Owns: the inbox, one timer, continuing as new, going to sleep, the way out on Cancel.
 * Does not own: any rule. Adding a step type, a channel or a gate does not change it.
 *
 * Invariants:
 *  I1  Handlers only append to the inbox; the loop alone changes the state.
 *  I2  It leaves (continues as new, sleeps, ends on Cancel) with nothing in flight and an inbox that is empty or taken
 *      along, and nothing is awaited between that check and leaving. A signal that slips in fails the
 *      task, which then runs again.
 *  I3  Whatever the state says is open has exactly one activity in flight.
 *  I4  From the instant it asks to be put to sleep its state is void: others may apply batches to what
 *      is stored. It ends, or takes its state from there anew.
 */
export async function customer({ customerId, state, life: carried }: CustomerInput): Promise<void> {
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
    /** Undefined: this run began under a release that knew no sleep, and its history has no timer for it. */
    let life = carried
    let wakeAtMs: number | null = null
    let sleepAtMs: number | null = null
    /** When the customer last did something. One that continues as new is not quiet yet. */
    let heardAtMs = state === undefined ? 0 : Date.now()

    /** What is stored; null: the customer is gone. */
    const takeStored = async (): Promise<CustomerState | null> => {
      const restored = await restore(customerId, inbox)
      life = restored?.life
      return restored === null ? null : restored.state
    }
    /** Gets the rules that a state needs, and has done again what it has open. */
    const enter = async (entered: CustomerState): Promise<void> => {
      const lacking = missingRules(entered, rules)
      if (lacking !== null) {
        const loaded: Input = {
          type: 'loaded',
          loaded: await loadRules({ customerId, request: lacking }),
        }
        rules = absorbRules(rules, loaded)
        inbox.unshift(loaded)
      }
      for (const effect of openEffects(entered, rules, Date.now())) performer.perform(effect)
    }

    const first = state === undefined ? await takeStored() : upgrade(state)
    if (first === null) return
    let current = first
    await enter(current)

    const step = (inputs: readonly Input[]): void => {
      rules = inputs.reduce(absorbRules, rules)
      const nowMs = Date.now()
      const advanced = advance(current, rules, inputs, nowMs)
      const next = advanced.actor
      current = next
      actor = next
      wakeAtMs = advanced.wakeAtMs
      for (const effect of advanced.effects) performer.perform(effect)
      visibility.show(next, lockedBy(next, rules), wakeAtMs)
      if (inputs.some((input) => input.type === 'batch' && !isQuiet(input.batch))) heardAtMs = nowMs
      sleepAtMs =
        life === undefined ? null : sleepsAtMs(next, rules, { heardAtMs, wakeAtMs, nowMs })
      // To fall asleep comes before the next instant, where both are to come. One that may sleep now
      // needs no alarm, unless somebody keeps it awake.
      if (sleepAtMs !== null && sleepAtMs > nowMs)
        alarm.set(sleepAtMs, nowMs, (atMs) => describeSleep(next, atMs))
      else if (sleepAtMs === null || !allHandlersFinished())
        alarm.set(wakeAtMs, nowMs, (atMs) => describeWake(next, atMs))
    }
    const mayLeave = (): boolean => performer.isIdle && allHandlersFinished()
    const maySleep = (): boolean =>
      sleepAtMs !== null && sleepAtMs <= Date.now() && inbox.length === 0 && mayLeave()

    while (!isCancelRequested) {
      alarm.take()
      step(inbox.splice(0))
      if (life !== undefined && maySleep()) {
        const isAsleep = await fallAsleep({ snapshot: current, life, wakeAtMs })
        if (isAsleep && inbox.length === 0 && allHandlersFinished()) return
        const stored = await takeStored()
        if (stored === null) return
        current = stored
        await enter(current)
        continue
      }
      const { historyLength, continueAsNewSuggested } = workflowInfo()
      const mustLeave =
        historyLength > HISTORY_EVENTS_MAX || continueAsNewSuggested || signals >= SIGNALS_MAX
      if (mustLeave && performer.isIdle && inbox.length === 0) {
        isLeaving = true
        if (allHandlersFinished())
          await continueAsNew<typeof customer>({ customerId, state: current, life: life ?? 0 })
      } else if (mustLeave && historyLength > HISTORY_EVENTS_PATIENCE && performer.hasOnlySends) {
        performer.handBackSends()
      }
      await condition(
        () =>
          inbox.length > 0 ||
          alarm.hasRung ||
          isCancelRequested ||
          performer.failure !== null ||
          maySleep() ||
          (isLeaving ? mayLeave() : mustLeave && performer.isIdle),
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
      await continueAsNew<typeof customer>({
        customerId,
        state: { ...current, collected: left },
        life: life ?? 0,
      })
  })
}

/** The state of an actor that starts without one: its last snapshot, or that of a newcomer; null: it is gone. */
async function restore(
  customerId: string,
  inbox: readonly Input[],
): Promise<{ state: CustomerState; life: number | undefined } | null> {
  const received = inbox.flatMap((input) => (input.type === 'batch' ? [input.batch.n] : []))
  const restored = await restoreCustomer({ customerId, received })
  if (restored === null) return null
  const { snapshot, life, ...known } = restored
  const state =
    snapshot === null ? newCustomer({ customerId, ...known }, Date.now()) : upgrade(snapshot)
  return { state, life }
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
