import { defineSearchAttributeKey, type SearchAttributeUpdatePair } from '@temporalio/common'
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import { describeCustomer, operatorView, type OperatorView } from '../domain/actor/operator-view.ts'

const KEYS = {
  Lifecycle: defineSearchAttributeKey('Lifecycle', 'KEYWORD'),
  Journey: defineSearchAttributeKey('Journey', 'KEYWORD'),
  JourneyVersion: defineSearchAttributeKey('JourneyVersion', 'KEYWORD'),
  JourneyStep: defineSearchAttributeKey('JourneyStep', 'KEYWORD'),
  LockedBy: defineSearchAttributeKey('LockedBy', 'KEYWORD'),
}
const EXCLUDED = defineSearchAttributeKey('Excluded', 'KEYWORD_LIST')
const TEST = defineSearchAttributeKey('Test', 'BOOL')
const NEXT_WAKE_AT = defineSearchAttributeKey('NextWakeAt', 'DATETIME')
const LAST_EVENT_AT = defineSearchAttributeKey('LastEventAt', 'DATETIME')
const LAST_EVENT_EVERY_MS = 3_600_000

/**
 * What ops see of an actor in the engine's UI. Every upsert is a history event: written only on
 * change, all in one call; `LastEventAt` at most once an hour, `NextWakeAt` only with another change.
 */
export class Visibility {
  #shown: OperatorView | null = null
  #lastEventAtMs: number
  #describedTurn = -1

  constructor() {
    const known = workflowInfo().typedSearchAttributes
    this.#lastEventAtMs = known.get(LAST_EVENT_AT)?.getTime() ?? 0
    const lifecycle = known.get(KEYS.Lifecycle)
    if (lifecycle === undefined) return
    this.#shown = {
      Lifecycle: lifecycle,
      Journey: known.get(KEYS.Journey) ?? null,
      JourneyVersion: known.get(KEYS.JourneyVersion) ?? null,
      JourneyStep: known.get(KEYS.JourneyStep) ?? null,
      LockedBy: known.get(KEYS.LockedBy) ?? null,
      Excluded: known.get(EXCLUDED) ?? [],
      Test: known.get(TEST) ?? false,
    }
  }

  show(state: CustomerState, lockedBy: string | null, wakeAtMs: number | null): void {
    const view = operatorView(state, lockedBy)
    const pairs: SearchAttributeUpdatePair[] = []
    for (const name of [
      'Lifecycle',
      'Journey',
      'JourneyVersion',
      'JourneyStep',
      'LockedBy',
    ] as const) {
      if (view[name] !== (this.#shown?.[name] ?? null))
        pairs.push({ key: KEYS[name], value: view[name] })
    }
    // Most have none, and never had one: nothing is said of it then.
    if (view.Excluded.join('\n') !== (this.#shown?.Excluded ?? []).join('\n'))
      pairs.push({ key: EXCLUDED, value: view.Excluded.length === 0 ? null : [...view.Excluded] })
    if (view.Test !== this.#shown?.Test) pairs.push({ key: TEST, value: view.Test })
    const lastEventAtMs = state.lastEventAtMs ?? 0
    if (
      pairs.length > 0
        ? lastEventAtMs > this.#lastEventAtMs
        : lastEventAtMs >= this.#lastEventAtMs + LAST_EVENT_EVERY_MS
    ) {
      pairs.push({ key: LAST_EVENT_AT, value: new Date(lastEventAtMs) })
      this.#lastEventAtMs = lastEventAtMs
    }
    if (pairs.length > 0) {
      pairs.push({ key: NEXT_WAKE_AT, value: wakeAtMs === null ? null : new Date(wakeAtMs) })
      upsertSearchAttributes(pairs)
      this.#shown = view
    }
    if (state.turn !== this.#describedTurn) {
      setCurrentDetails(describeCustomer(state, wakeAtMs))
      this.#describedTurn = state.turn
    }
  }
}
