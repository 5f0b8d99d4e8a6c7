import type { Exclusion } from '../contact/policy.ts'
import { EXCLUSIONS_MAX } from './customer-state.ts'
import type { BatchItem } from './inputs.ts'
import { withdrawForbidden } from './sends.ts'
import { note, patch, type Turn } from './turn.ts'

/** What somebody opened or closed by hand. In force at once, also while a decision is open. */
export function applyExclusion(turn: Turn, item: Extract<BatchItem, { type: 'exclusion' }>): void {
  if (item.change === 'open') openExclusion(turn, item.exclusion, item.receivedAtMs)
  else closeExclusion(turn, item.exclusionId, item.receivedAtMs, 'by hand')
}

/** Opens an exclusion; one that is open already stays as it is. */
function openExclusion(turn: Turn, exclusion: Exclusion, atMs: number): void {
  const { exclusions } = turn.state
  if (exclusions.some(({ exclusionId }) => exclusionId === exclusion.exclusionId)) return
  patch(turn, { exclusions: [...exclusions, exclusion].slice(-EXCLUSIONS_MAX) })
  turn.exclusions.push({ ...exclusion, closed: null })
  note(turn, 'exclusion', atMs, `excluded: ${exclusion.reason}`, {
    exclusionId: exclusion.exclusionId,
    until: exclusion.untilMs,
  })
  withdrawForbidden(turn)
}

function closeExclusion(turn: Turn, exclusionId: string, atMs: number, by: string): void {
  const { exclusions } = turn.state
  const closed = exclusions.find((each) => each.exclusionId === exclusionId)
  if (closed === undefined) return
  patch(turn, { exclusions: exclusions.filter((each) => each !== closed) })
  turn.exclusions.push({ ...closed, closed: { atMs, by } })
  note(turn, 'exclusion', atMs, `no longer excluded: ${closed.reason}`, { exclusionId, by })
}
