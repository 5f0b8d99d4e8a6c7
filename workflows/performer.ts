import { CancellationScope, isCancellation } from '@temporalio/workflow'
import type {
  CallRequest,
  DeliveryRequest,
  Effect,
  Legacy,
  TurnRecord,
} from '../domain/actor/effects.ts'
import type { Input } from '../domain/actor/inputs.ts'
import type { ArbitrationRequest } from '../domain/decisioning/arbitration.ts'
import {
  arbitrate,
  awaitEmitted,
  callWebhook,
  deliverOn,
  forwardOutcome,
  handOver,
  loadRules,
  recordTurn,
  settleSend,
} from './effects.ts'

/** The engine's UI cuts summaries at 200 bytes. */
const SUMMARY_LENGTH_MAX = 180

/**
 * Carries out what `advance()` wants, each beside the loop; what comes of it becomes an input.
 *
 * Owns: what is in flight. One scope per send or call, so that one can be taken back without the others.
 */
export class Performer {
  readonly #customerId: string
  readonly #answer: (input: Input) => void
  readonly #sends = new Map<string, CancellationScope>()
  #inFlight = 0
  #failure: Error | null = null
  #isHandingBack = false

  constructor(customerId: string, answer: (input: Input) => void) {
    this.#customerId = customerId
    this.#answer = answer
  }

  get isIdle(): boolean {
    return this.#inFlight === 0
  }

  /** Whether nothing but sends and calls is in flight: they may wait long on a throttled queue. */
  get hasOnlySends(): boolean {
    return this.#inFlight > 0 && this.#inFlight === this.#sends.size
  }

  /** What an activity failed with for good: a bug of ours, since outages are tried again for ever. */
  get failure(): Error | null {
    return this.#failure
  }

  perform(effect: Effect): void {
    const emitted = emittedForTest(effect)
    if (emitted.length > 0) this.#start(awaitEmitted({ emitIds: emitted }))
    switch (effect.type) {
      case 'load':
        return this.#start(this.#load(effect.request))
      case 'arbitrate':
        return this.#start(arbitrateOf(effect.request, effect.record))
      case 'deliver':
        return this.#start(this.#deliver(effect.request, effect.record))
      case 'call':
        return this.#start(this.#call(effect.request, effect.record))
      case 'handOver':
        return this.#start(this.#handOver(effect.legacy, effect.record))
      case 'forward': {
        const { mergeId, outcome } = effect
        return this.#start(forwardOutcome({ customerId: this.#customerId, mergeId, outcome }))
      }
      case 'withdraw':
        return this.#sends.get(effect.key)?.cancel()
      case 'record':
        return this.#start(recordTurn({ record: effect.record, snapshot: effect.snapshot }))
    }
  }

  /** Takes back what has not started, without telling the actor: its next run issues it again. */
  handBackSends(): void {
    this.#isHandingBack = true
    for (const scope of this.#sends.values()) scope.cancel()
  }

  /** One promise for each `then`, no more: the SDK keeps a stack for every promise that a workflow makes. */
  #start(work: Promise<Input | null | void>): void {
    this.#inFlight++
    work.then(
      (input) => {
        this.#inFlight--
        if (input) this.#answer(input)
      },
      (error: unknown) => {
        this.#inFlight--
        // A plain error fails the task, so that the customer pauses until a fix is deployed; the
        // activity's own would end the actor.
        this.#failure = new Error(`An activity failed for good: ${String(error)}`, { cause: error })
      },
    )
  }

  #load(request: Extract<Effect, { type: 'load' }>['request']): Promise<Input> {
    return loadRules({ customerId: this.#customerId, request }).then((loaded) => ({
      type: 'loaded',
      loaded,
    }))
  }

  #handOver(legacy: Legacy, record: TurnRecord | null): Promise<Input> {
    const { mergeId } = legacy
    return handOver({ customerId: this.#customerId, legacy, record }).then(() => ({
      type: 'handedOver',
      mergeId,
    }))
  }

  async #deliver(request: DeliveryRequest, record: TurnRecord | null): Promise<Input | null> {
    const { deliveryId, attempt, channel, journey, version, step, message } = request
    const summary = summarise(`${journey}@${version} · ${step} · ${message} by ${channel}`)
    const scope = new CancellationScope()
    this.#sends.set(deliveryId, scope)
    try {
      const outcome = await scope.run(() =>
        deliverOn(channel).executeWithOptions({ summary }, [{ request, record }]),
      )
      return { type: 'sendOutcome', deliveryId, attempt, outcome }
    } catch (error) {
      // Once it is taken back the engine tries a send no more, whatever it failed with: a worker that
      // died is a time-out, and the conversation that it had begun is in doubt.
      if (!scope.consideredCancelled && !isCancellation(error)) throw error
    } finally {
      if (this.#sends.get(deliveryId) === scope) this.#sends.delete(deliveryId)
    }
    const outcome = await settleSend({ request, record })
    if (outcome.type === 'withdrawn' && this.#isHandingBack) return null
    return { type: 'sendOutcome', deliveryId, attempt, outcome }
  }

  async #call(request: CallRequest, record: TurnRecord | null): Promise<Input | null> {
    const { callId, attempt, journey, version, step } = request
    const summary = summarise(`${journey}@${version} · ${step} · calls out`)
    const scope = new CancellationScope()
    this.#sends.set(callId, scope)
    try {
      const outcome = await scope.run(() =>
        callWebhook.executeWithOptions({ summary }, [{ request, record }]),
      )
      return { type: 'callOutcome', callId, attempt, outcome }
    } catch (error) {
      // Handed back, and the receiver knows the next run's call by the same id; or taken back, and
      // nobody waits for it any more.
      if (!scope.consideredCancelled && !isCancellation(error)) throw error
    } finally {
      this.#sends.delete(callId)
    }
    if (record !== null) await recordTurn({ record, snapshot: null })
    return null
  }
}

/** Events that journeys of a test customer made in this turn: its clock is held until they are back. */
function emittedForTest(effect: Effect): string[] {
  if (!('record' in effect)) return []
  // What came of the last turn of one that hands over is brought back to the other customer.
  if (effect.type === 'handOver') return []
  const isTest = effect.type === 'record' ? effect.snapshot.test : effect.request.test
  return isTest ? (effect.record?.emitted ?? []).map(({ emitId }) => emitId) : []
}

function arbitrateOf(request: ArbitrationRequest, record: TurnRecord | null): Promise<Input> {
  const { cause, candidates } = request
  const what = cause.type === 'event' ? cause.event : cause.type
  const summary = summarise(
    `${what} · ${candidates.map(({ journey }) => journey).join(', ') || 'no candidate'}`,
  )
  return arbitrate
    .executeWithOptions({ summary }, [{ request, record }])
    .then((answer) => ({ type: 'arbitrated', answer }))
}

const summarise = (text: string): string => text.slice(0, SUMMARY_LENGTH_MAX)
