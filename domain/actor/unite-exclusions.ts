import type { OpenExclusion } from './customer-state.ts'
import { isSameCase, putExclusion, recordChange } from './exclusions.ts'
import type { Turn } from './turn.ts'

/**
 * Takes over an exclusion of a customer who has become part of this one. Two of one case are one, whatever
 * they are called: of both the earlier comes into force, and the later ends.
 */
export function uniteExclusion(turn: Turn, theirs: OpenExclusion, atMs: number): void {
  const ours = turn.state.exclusions.find((each) => isSame(each, theirs))
  if (ours === undefined) {
    putExclusion(turn, theirs, atMs)
    return
  }
  // It goes on under the name that this customer knows it by: nobody would close it by the other.
  if (ours.exclusionId !== theirs.exclusionId)
    recordChange(turn, theirs, { atMs, by: `merged into ${ours.exclusionId}` })
  const longer = {
    sinceMs: Math.max(ours.sinceMs, theirs.sinceMs),
    fromMs: Math.min(ours.fromMs, theirs.fromMs),
    untilMs:
      ours.untilMs === null || theirs.untilMs === null
        ? null
        : Math.max(ours.untilMs, theirs.untilMs),
  }
  const isLonger =
    longer.sinceMs !== ours.sinceMs ||
    longer.fromMs !== ours.fromMs ||
    longer.untilMs !== ours.untilMs
  if (isLonger) putExclusion(turn, { ...ours, ...longer }, atMs)
}

const isSame = (one: OpenExclusion, other: OpenExclusion): boolean =>
  one.exclusionId === other.exclusionId ||
  (one.rule !== null && other.rule !== null && isSameCase(placeOf(one), placeOf(other)))

const placeOf = ({ rule, case: caseName }: OpenExclusion) => ({
  rule: rule ?? '',
  case: caseName ?? null,
})
