import type { Cause } from '../decisioning/arbitration.ts'
import type { EntryEvent } from './customer-state.ts'
import { lifecycleAt } from '../customers/lifecycle.ts'
import { isTriggered, qualify } from './triggers.ts'
import { note, patch, scopeOf, type Turn } from './turn.ts'

/**
 * What brought the lifecycle up for judgement. `deadline`: nothing happened, and that is what happened.
 * `rules`: a book was loaded.
 */
type Occasion = 'event' | 'historical' | 'deadline' | 'rules'

/**
 * Judges the lifecycle anew. A change is noted, and triggers journeys that enter on the new state;
 * a change at a deadline always asks the arbiter, since rules may have been published while the
 * customer slept. An import only changes the state, and so do other rules, unless they say otherwise.
 */
export function updateLifecycle(turn: Turn, atMs: number, occasion: Occasion): void {
  const { book } = turn.rules
  if (book === null) return
  const { facts, known, lifecycle, handled } = turn.state
  const { version, triggersEntries } = book.lifecycle
  const areOthers = version !== lifecycle.rules
  const { counters, purchasedMinor } = facts
  const judged = lifecycleAt({ rules: book.lifecycle, counters, purchasedMinor, known }, atMs)
  const isFirst = handled.length === 0 && lifecycle.previous === null
  const judgedBy = version === undefined ? {} : { rules: version }
  if (judged.state === lifecycle.state && !isFirst) {
    const { nextAtMs, sinceMs = lifecycle.sinceMs } = judged
    if (nextAtMs !== lifecycle.nextAtMs || sinceMs !== lifecycle.sinceMs || areOthers)
      patch(turn, { lifecycle: { ...lifecycle, nextAtMs, sinceMs, ...judgedBy } })
    return
  }
  const from = isFirst && judged.state === lifecycle.state ? null : lifecycle.state
  patch(turn, {
    lifecycle: {
      state: judged.state,
      sinceMs: judged.sinceMs ?? atMs,
      previous: from,
      reason: judged.reason,
      nextAtMs: judged.nextAtMs,
      ...judgedBy,
    },
  })
  const byRules = occasion === 'rules' && areOthers
  note(
    turn,
    'lifecycle',
    atMs,
    `${from === null ? '' : `${from} → `}${judged.state}: ${judged.reason}`,
    {
      from,
      to: judged.state,
      ...(byRules ? judgedBy : {}),
    },
  )
  if (occasion === 'historical' || (byRules && triggersEntries !== true)) return
  const cause: LifecycleCause = { type: 'lifecycle', from, to: judged.state }
  qualifyForLifecycle(turn, cause, atMs)
  if (occasion === 'deadline' && turn.state.pending === null)
    patch(turn, { pending: { cause, atMs, seqs: [], triggered: [] } })
}

type LifecycleCause = Extract<Cause, { type: 'lifecycle' }>

/** Triggers every journey of the book that enters on this change and is not waiting already. */
export function qualifyForLifecycle(turn: Turn, cause: LifecycleCause, atMs: number): void {
  const { from, to } = cause
  const entry: EntryEvent = {
    seq: null,
    name: 'Lifecycle Changed',
    occurredAtMs: atMs,
    receivedAtMs: atMs,
    properties: { from, to },
  }
  const scope = scopeOf(turn, atMs, entry, { entry })
  for (const rule of turn.rules.book?.lifecycleEntries ?? []) {
    if (turn.state.pending?.triggered.some((each) => each.rule.hash === rule.hash) === true)
      continue
    if (
      isTriggered(
        turn,
        rule,
        (trigger) => 'lifecycle' in trigger && trigger.lifecycle === to,
        scope,
      )
    )
      qualify(turn, rule, entry, cause, atMs)
  }
}
