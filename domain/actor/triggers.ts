import type { Barred, Cause } from '../decisioning/arbitration.ts'
import type { ConditionScope } from '../conditions.ts'
import type { EntryRule, Trigger } from '../journeys/journey.ts'
import { STATE_BYTES_MAX, type EntryEvent, type Triggered } from './customer-state.ts'
import { entryKey } from './entry-key.ts'
import { hasRoomFor } from './state-size.ts'
import { holds, patch, scopeOf, type ConditionPlace, type Turn } from './turn.ts'
import { forbiddenOn } from './verdicts.ts'

/** Whether one of a journey's triggers is meant by what happened, and its own condition holds. */
export function isTriggered(
  turn: Turn,
  rule: EntryRule,
  isMeant: (trigger: Trigger) => boolean,
  scope: ConditionScope,
): boolean {
  return rule.entry.on.some(
    (trigger, at) =>
      isMeant(trigger) && holds(turn, trigger.when, placeIn(rule, `/entry/on/${at}/when`), scope),
  )
}

/** Remembers a journey whose trigger matched, for the arbitration at the end of the turn. */
export function qualify(
  turn: Turn,
  rule: EntryRule,
  entry: EntryEvent,
  cause: Cause,
  atMs: number,
): void {
  const pending = turn.state.pending ?? { cause, atMs, seqs: [], triggered: [] }
  const scope = scopeOf(turn, atMs, entry, { entry })
  const key = entryKey(rule, entry)
  const waiting = [...pending.triggered, ...turn.state.deferred]
  const isTwin = waiting.some(
    (other) => other.rule.journey === rule.journey && entryKey(other.rule, other.entry) === key,
  )
  const triggered: Triggered = {
    candidateId: unusedId(`${rule.journey}@${rule.version}:${entry.seq ?? atMs}`, waiting),
    rule,
    entry,
    qualifiedAtMs: atMs,
    barred: isTwin
      ? { gate: 'reentry', reason: 'It is already waiting for a decision or in the queue.' }
      : holds(turn, rule.entry.when, placeIn(rule, '/entry/when'), scope)
        ? sizeBar(turn, entry)
        : { gate: 'entry', reason: 'Its entry condition does not hold.' },
  }
  patch(turn, { pending: { ...pending, triggered: [...pending.triggered, triggered] } })
}

/** Without a row of the log, several may qualify for one journey in one instant. */
function unusedId(plain: string, waiting: readonly { readonly candidateId: string }[]): string {
  const isUsed = (id: string) => waiting.some(({ candidateId }) => candidateId === id)
  let id = plain
  for (let place = 2; isUsed(id); place++) id = `${plain}.${place}`
  return id
}

/** An entry event is kept for the life of its run; one that would make the actor too large is turned away. */
function sizeBar({ state }: Turn, entry: EntryEvent): Barred | null {
  return hasRoomFor(state, entry)
    ? null
    : {
        gate: 'entry',
        reason: `With its event the actor would hold more than ${STATE_BYTES_MAX / 1024} KB.`,
      }
}

/** Whether any channel that a journey sends on may and can be used now. */
export const isReachable = (turn: Turn, rule: Pick<EntryRule, 'class' | 'channels'>): boolean =>
  unreachableBecause(turn, rule) === null

/** What keeps a journey off each of its channels (`email: no_address`); null where one is open, or none is used. */
export function unreachableBecause(
  turn: Turn,
  { class: messageClass, channels }: Pick<EntryRule, 'class' | 'channels'>,
): string | null {
  const reasons: string[] = []
  for (const channel of channels) {
    const reason = forbiddenOn(turn, { class: messageClass, channel })
    if (reason === null) return null
    reasons.push(`${channel}: ${reason}`)
  }
  return reasons.length === 0 ? null : reasons.join(', ')
}

/** Where an entry rule's condition stands in its version. */
export const placeIn = (rule: EntryRule, path: string): ConditionPlace => ({
  journey: rule.journey,
  version: rule.version,
  path,
})
