import type { EventMatch, ExclusionRule } from '../contact/policy.ts'
import {
  caseOf,
  openingOf,
  overrunOf,
  excludedScope,
  type Opening,
} from '../contact/exclusion-opening.ts'
import { EXCLUSIONS_MAX, TALLIES_MAX, type OpenExclusion, type Tally } from './customer-state.ts'
import { endExclusion, isSameCase, putExclusion, rememberClosing } from './exclusions.ts'
import type { BatchItem } from './inputs.ts'
import { durationMs } from '../time.ts'
import { holds, holdsStanding, patch, scopeOf, type Turn } from './turn.ts'

/**
 * Exclusions that follow from rules.
 *
 * I1  For any order of arrival the same cases are open once all events are there: a case is open where
 *     its newest opening happened later than its newest closing and holds still. Of one instant the
 *     closing counts: nothing is closed before it was opened.
 * I2  Hearing an event once more changes nothing.
 * I3  No exclusion is given up for want of room: what can be forgotten is that something was closed,
 *     and events that a rule counts and has not opened anything for.
 */

type EventItem = Extract<BatchItem, { type: 'event' }>

/** Cases of a rule beyond those that are kept apart. Only time or a hand ends it. */
const MORE = '*'
/** Tallies kept of a rule whose number may be another one tomorrow. */
const KEPT_FOR_STATISTICS = 32

/** Opens what an event opens. An import opens nothing. */
export function openByEvent(turn: Turn, item: EventItem): void {
  if (item.historical === true) return
  for (const [index, rule] of rulesOf(turn)) {
    if (!isMeant(turn, rule.open, `/exclusions/${index}/open`, item)) continue
    const caseName = caseOf(rule, item)
    if (closedAtMs(turn, rule, caseName) >= item.occurredAtMs) continue
    if (rule.beyond === undefined) open(turn, rule, caseName, openingOf(rule, item), item)
    else {
      tally(turn, rule, caseName, item)
      open(turn, rule, caseName, overrun(turn, rule, caseName), item)
    }
  }
}

/** Closes what an event closes, and remembers that it did. */
export function closeByEvent(turn: Turn, item: EventItem): void {
  for (const [index, rule] of rulesOf(turn)) {
    if (!isMeant(turn, rule.close, `/exclusions/${index}/close`, item)) continue
    const place = { rule: rule.name, case: caseOf(rule, item) }
    rememberClosing(turn, { ...place, atMs: item.occurredAtMs })
    patch(turn, {
      tallies: turn.state.tallies.filter(
        (each) => !isSameCase(each, place) || each.atMs > item.occurredAtMs,
      ),
    })
    const known = exclusionOf(turn, rule, place.case)
    if (known === undefined) continue
    const left = known.sinceMs > item.occurredAtMs
    if (left && rule.beyond === undefined) continue
    const opening = left ? overrun(turn, rule, place.case) : null
    if (opening === null) endExclusion(turn, known, item.receivedAtMs, item.name)
    else putExclusion(turn, { ...known, ...opening }, item.receivedAtMs)
  }
}

/** Opens and ends what holds as long as a condition does. */
export function judgeStanding(turn: Turn, atMs: number): void {
  for (const [index, rule] of rulesOf(turn)) {
    if (rule.while === undefined) continue
    const place = placeOf(turn, `/exclusions/${index}/while`)
    const isHeld = holdsStanding(turn, rule.while, place, scopeOf(turn, atMs, null, null))
    const known = exclusionOf(turn, rule, null)
    const isClosed = closedAtMs(turn, rule, null) > -Infinity
    if (!isHeld && known !== undefined) endExclusion(turn, known, atMs, 'its condition')
    if (!isHeld && isClosed)
      patch(turn, {
        closings: turn.state.closings?.filter((each) => each.rule !== rule.name) ?? [],
      })
    if (isHeld && known === undefined && !isClosed) {
      const opening = openingOf(rule, { occurredAtMs: atMs, properties: {} })
      if (opening !== null)
        putExclusion(turn, newExclusion(rule, rule.name, opening, 'its condition'), atMs)
    }
  }
}

/** Ends what rules opened that are not published any more. */
export function dropFormerRules(turn: Turn, atMs: number): void {
  const names = new Set(rulesOf(turn).map(([, { name }]) => name))
  const isKept = ({ rule }: { readonly rule: string | null }) => rule === null || names.has(rule)
  for (const exclusion of turn.state.exclusions)
    if (!isKept(exclusion)) endExclusion(turn, exclusion, atMs, 'contact policy')
  const { tallies, closings } = turn.state
  if (!tallies.every(isKept)) patch(turn, { tallies: tallies.filter(isKept) })
  if (closings?.every(isKept) === false) patch(turn, { closings: closings.filter(isKept) })
}

/** With their places in the policy. Those that block an address are judged where an event is stored. */
const rulesOf = (turn: Turn): [number, ExclusionRule][] =>
  [...(turn.rules.book?.contact?.exclusions ?? []).entries()].filter(
    ([, { blocks }]) => blocks === undefined,
  )

const placeOf = ({ rules }: Turn, path: string) => ({
  journey: 'contact-policy',
  version: rules.book?.contact?.version ?? 0,
  path,
})

const isMeant = (
  turn: Turn,
  matches: readonly EventMatch[] | undefined,
  path: string,
  item: EventItem,
): boolean =>
  matches?.some(
    ({ event, when }, at) =>
      event === item.name &&
      holds(
        turn,
        when,
        placeOf(turn, `${path}/${at}/when`),
        scopeOf(turn, item.receivedAtMs, item, null),
      ),
  ) ?? false

const exclusionOf = (
  { state }: Turn,
  { name }: ExclusionRule,
  caseName: string | null,
): OpenExclusion | undefined =>
  state.exclusions.find((each) => each.rule === name && (each.case ?? null) === caseName)

const closedAtMs = ({ state }: Turn, { name }: ExclusionRule, caseName: string | null): number =>
  state.closings?.find((each) => isSameCase(each, { rule: name, case: caseName }))?.atMs ??
  -Infinity

/** Opens a case, or prolongs it: of several openings the earliest comes into force, the latest ends. */
function open(
  turn: Turn,
  rule: ExclusionRule,
  caseName: string | null,
  opening: Opening | null,
  { seq, name, receivedAtMs }: EventItem,
): void {
  if (opening === null) return
  // It has ended before it was heard of.
  if (opening.untilMs !== null && opening.untilMs <= receivedAtMs) return
  const isFull = turn.state.exclusions.length >= EXCLUSIONS_MAX
  const kept = exclusionOf(turn, rule, caseName) === undefined && isFull ? MORE : caseName
  const known = exclusionOf(turn, rule, kept)
  if (known === undefined) {
    const id = `${rule.name}:${kept ?? seq}`
    const fresh = newExclusion(rule, id, opening, `event ${name}`)
    putExclusion(turn, kept === null ? fresh : { ...fresh, case: kept }, receivedAtMs)
    return
  }
  const longer = {
    sinceMs: Math.max(known.sinceMs, opening.sinceMs),
    fromMs: Math.min(known.fromMs, opening.fromMs),
    untilMs:
      known.untilMs === null || opening.untilMs === null
        ? null
        : Math.max(known.untilMs, opening.untilMs),
  }
  const isLonger =
    longer.sinceMs !== known.sinceMs ||
    longer.fromMs !== known.fromMs ||
    longer.untilMs !== known.untilMs
  if (isLonger) putExclusion(turn, { ...known, ...longer }, receivedAtMs)
}

const newExclusion = (
  rule: ExclusionRule,
  exclusionId: string,
  opening: Opening,
  source: string,
): OpenExclusion => ({
  exclusionId,
  rule: rule.name,
  reason: rule.name,
  scope: excludedScope(rule.scope),
  source,
  ...opening,
})

function tally(turn: Turn, rule: ExclusionRule, caseName: string | null, item: EventItem): void {
  const { tallies } = turn.state
  const place = { rule: rule.name, case: caseName }
  const isKnown = tallies.some((each) => isSameCase(each, place) && each.seq === item.seq)
  if (isKnown) return
  const added: Tally = { seq: item.seq, ...place, atMs: item.occurredAtMs }
  const others = tallies.filter((each) => !isSameCase(each, place))
  const own = [...tallies.filter((each) => isSameCase(each, place)), added]
    .filter(({ atMs }) => atMs + windowMs(rule) > item.receivedAtMs)
    .toSorted(byInstant)
    .slice(-keptOf(rule))
  patch(turn, { tallies: [...others, ...own].toSorted(byInstant).slice(-TALLIES_MAX) })
}

const byInstant = (one: Tally, other: Tally): number => one.atMs - other.atMs || one.seq - other.seq

const windowMs = ({ beyond }: ExclusionRule): number =>
  beyond === undefined ? 0 : durationMs(beyond.window)

/** The newest of them say whether there are too many, and until when. */
const keptOf = ({ beyond }: ExclusionRule): number =>
  beyond?.deviations === undefined
    ? (beyond?.max ?? 0) + 1
    : Math.max(KEPT_FOR_STATISTICS, 2 * ((beyond.max ?? 0) + 1))

function overrun({ state }: Turn, rule: ExclusionRule, caseName: string | null): Opening | null {
  const place = { rule: rule.name, case: caseName }
  return overrunOf(
    rule,
    state.tallies.filter((each) => isSameCase(each, place)).map(({ atMs }) => atMs),
  )
}
