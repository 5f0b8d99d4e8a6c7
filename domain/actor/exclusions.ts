import { BY_HAND } from '../contact/exclusion-opening.ts'
import type { Exclusion } from '../contact/policy.ts'
import { toIso } from '../time.ts'
import { askAgainLater } from './ask.ts'
import { CLOSINGS_MAX, type Closing, type OpenExclusion } from './customer-state.ts'
import type { BatchItem } from './inputs.ts'
import { withdrawForbidden } from './sends.ts'
import { note, patch, type Turn } from './turn.ts'

/** What happens by itself, and when. */
export interface Due {
  readonly atMs: number
  readonly fire: () => void
}

/** What somebody opened or closed by hand. In force at once, also while a decision is open. */
export function applyExclusion(turn: Turn, item: Extract<BatchItem, { type: 'exclusion' }>): void {
  const { exclusions } = turn.state
  const atMs = item.receivedAtMs
  if (item.change === 'open') {
    const { exclusionId } = item.exclusion
    // One that is open already stays as it is.
    if (exclusions.some((each) => each.exclusionId === exclusionId)) return
    putExclusion(turn, item.exclusion, atMs)
    return
  }
  const closed = exclusions.find(({ exclusionId }) => exclusionId === item.exclusionId)
  if (closed === undefined) return
  if (closed.rule !== null)
    rememberClosing(turn, { rule: closed.rule, case: closed.case ?? null, atMs })
  endExclusion(turn, closed, atMs, BY_HAND)
}

/** Opens an exclusion, or puts what has become of one that is open in its place. */
export function putExclusion(turn: Turn, exclusion: OpenExclusion, atMs: number): void {
  const { exclusions } = turn.state
  const known = exclusions.find(({ exclusionId }) => exclusionId === exclusion.exclusionId)
  const isAwaited = exclusion.fromMs > atMs
  const { awaited: _, ...rest } = exclusion
  const put: OpenExclusion = { ...rest, ...(isAwaited ? { awaited: true } : {}) }
  patch(turn, {
    exclusions:
      known === undefined
        ? [...exclusions, put]
        : exclusions.map((each) => (each === known ? put : each)),
  })
  recordChange(turn, put, null)
  const isNew = known === undefined || (known.awaited === true && !isAwaited)
  if (isNew)
    note(
      turn,
      'exclusion',
      atMs,
      isAwaited
        ? `excluded from ${toIso(put.fromMs)} on, unless it is closed: ${put.reason}`
        : `excluded: ${put.reason}`,
      { exclusionId: put.exclusionId, until: put.untilMs },
    )
  if (!isAwaited) withdrawForbidden(turn)
}

/** Ends an exclusion, and has the arbiter look at who waits where it was in force. */
export function endExclusion(turn: Turn, exclusion: OpenExclusion, atMs: number, by: string): void {
  const { exclusionId, reason, awaited } = exclusion
  patch(turn, {
    exclusions: turn.state.exclusions.filter((each) => each.exclusionId !== exclusionId),
  })
  recordChange(turn, exclusion, { atMs, by })
  note(
    turn,
    'exclusion',
    atMs,
    awaited === true ? `closed before it excluded: ${reason}` : `no longer excluded: ${reason}`,
    { exclusionId, by },
  )
  if (awaited === true) return
  // What was held is judged anew, after the arbiter where it is asked.
  turn.isChanged = true
  askAfterRelease(turn, reason, atMs)
}

/** Remembers the newest closing of each case. */
export function rememberClosing(turn: Turn, closing: Closing): void {
  const { closings = [] } = turn.state
  const known = closings.find((each) => isSameCase(each, closing))
  if (known !== undefined && known.atMs >= closing.atMs) return
  patch(turn, {
    closings: [...closings.filter((each) => each !== known), closing]
      .toSorted((a, b) => a.atMs - b.atMs)
      .slice(-CLOSINGS_MAX),
  })
}

export const isSameCase = (
  one: Pick<Closing, 'rule' | 'case'>,
  other: Pick<Closing, 'rule' | 'case'>,
): boolean => one.rule === other.rule && one.case === other.case

/** When exclusions come into force, and when they end by themselves. */
export function exclusionDues(turn: Turn): Due[] {
  return turn.state.exclusions.flatMap((exclusion) => {
    const { awaited, fromMs, untilMs } = exclusion
    const dues: Due[] = []
    if (awaited === true)
      dues.push({ atMs: fromMs, fire: () => putExclusion(turn, exclusion, fromMs) })
    if (untilMs !== null) dues.push({ atMs: untilMs, fire: () => expire(turn, exclusion, untilMs) })
    return dues
  })
}

function expire(turn: Turn, exclusion: OpenExclusion, atMs: number): void {
  const { rule } = exclusion
  // One that holds by a condition does not come again before the condition has ceased to hold.
  if (rule !== null && exclusion.exclusionId === rule)
    rememberClosing(turn, { rule, case: null, atMs })
  endExclusion(turn, exclusion, atMs, 'time')
}

/** Writes what has become of an exclusion, for people and for the gate on SQL. */
export function recordChange(
  turn: Turn,
  { case: _, awaited: __, ...exclusion }: OpenExclusion,
  closed: { readonly atMs: number; readonly by: string } | null,
): void {
  const change: Exclusion & { closed: typeof closed } = { ...exclusion, closed }
  // Closed and opened again in one turn, it goes to the end: changes are told in order.
  turn.exclusions.delete(change.exclusionId)
  turn.exclusions.set(change.exclusionId, change)
}

/** The arbiter is asked where anybody waits who could be next. */
function askAfterRelease(turn: Turn, reason: string, atMs: number): void {
  const cause = { type: 'exclusion_released', reason } as const
  const { pending, runs, deferred } = turn.state
  if (askAgainLater(turn, cause, atMs) || pending !== null) return
  if (runs.length === 0 && deferred.length === 0) return
  patch(turn, { pending: { cause, atMs, seqs: [], triggered: [] } })
}
