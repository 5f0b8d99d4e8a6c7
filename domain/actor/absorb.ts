import { askOnceFreed } from './ask.ts'
import {
  ARMS_MAX,
  DEFERRED_MAX,
  ENTRY_KEYS_MAX,
  HANDLED_MAX,
  MERGES_MAX,
  RECENT_DECISIONS_MAX,
  RUNS_MAX,
  SERVICE_RUNS_MAX,
  TALLIES_MAX,
  type ArmedDate,
  type CustomerState,
  type Exported,
  type JourneyMemory,
  type PendingDecision,
  type Run,
  type Tally,
  type Triggered,
} from './customer-state.ts'
import { worthOf } from '../decisioning/score.ts'
import { uniteContacts } from './contacts.ts'
import { AUTO_SWITCHES_KEPT, noteUnqueued } from './decisions.ts'
import { rememberClosing } from './exclusions.ts'
import { applyConsent, enforceWithdrawal } from './consents.ts'
import type { BatchItem } from './inputs.ts'
import { updateLifecycle } from './lifecycle-change.ts'
import { endRun } from './run-ends.ts'
import { isLocked, putRun } from './run-store.ts'
import { entryKey, isAboutAnother } from './entry-key.ts'
import { uniteExclusion } from './unite-exclusions.ts'
import { definitionOf, isForeground, note, patch, type Turn } from './turn.ts'

type AbsorbItem = Extract<BatchItem, { type: 'absorb' }>

const NOTHING: Exported = {
  consents: {},
  exclusions: [],
  tallies: [],
  contacts: [],
  runs: [],
  deferred: [],
  triggered: [],
  journeys: {},
  arms: {},
  dates: {},
  autoSwitchesAtMs: [],
  recentDecisions: [],
  handled: [],
  lastEventAtMs: null,
}

/**
 * Takes over what another customer held who has become part of this one. Whatever is counted counts once:
 * the merge by its id, contacts by their delivery, exclusions by case, counted events by their number. Facts are not added up:
 * they were loaded anew before this is called, over the stored events of both.
 *
 * Of consents that differ the stricter holds. Journeys of the other customer come as paused ones, and
 * the arbiter decides between them and what runs here; one that holds its lock goes on. Of two runs of
 * one journey the locked one stays, else the one that began first.
 */
export function absorb(turn: Turn, { mergeId, from, receivedAtMs: atMs }: AbsorbItem): void {
  const { absorbed = [] } = turn.state
  if (absorbed.includes(mergeId)) return
  const other = { ...NOTHING, ...from }
  patch(turn, {
    ...uniteMemories(turn.state, other),
    absorbed: [...absorbed, mergeId].slice(-MERGES_MAX),
  })
  uniteContacts(turn, other.contacts)
  for (const closing of other.closings ?? []) rememberClosing(turn, closing)
  join(turn, other.runs, atMs)
  for (const exclusion of other.exclusions) uniteExclusion(turn, exclusion, atMs)
  agree(turn, other, atMs)
  note(turn, 'merge', atMs, 'another customer became part of this one', {
    mergeId,
    runs: other.runs.map(({ journey }) => journey),
  })
  turn.isChanged = true
  updateLifecycle(turn, atMs, 'event')
  decideAnew(turn, other, atMs)
}

/** What is only remembered. */
function uniteMemories(state: CustomerState, other: Exported): Partial<CustomerState> {
  const newest = <T>(all: readonly T[], at: (each: T) => number, max: number): T[] =>
    all.toSorted((a, b) => at(a) - at(b)).slice(-max)
  const tallies = new Map(
    [...other.tallies, ...state.tallies].map((each) => [tallyKey(each), each]),
  )
  const arms = Object.entries({ ...other.arms, ...state.arms })
  const handled = new Map(other.handled.map((each) => [each[0], each]))
  for (const each of state.handled) handled.set(each[0], each)
  const lastEventAtMs = Math.max(state.lastEventAtMs ?? -Infinity, other.lastEventAtMs ?? -Infinity)
  return {
    tallies: newest([...tallies.values()], ({ atMs }) => atMs, TALLIES_MAX),
    arms: Object.fromEntries(arms.slice(-ARMS_MAX)),
    journeys: uniteJourneys(state.journeys, other.journeys),
    dates: uniteDates(state.dates, other.dates),
    autoSwitchesAtMs: newest(
      [...new Set([...state.autoSwitchesAtMs, ...other.autoSwitchesAtMs])],
      (atMs) => atMs,
      AUTO_SWITCHES_KEPT,
    ),
    recentDecisions: newest(
      [...state.recentDecisions, ...other.recentDecisions],
      ({ atMs }) => atMs,
      RECENT_DECISIONS_MAX,
    ),
    handled: newest([...handled.values()], ([seq]) => seq, HANDLED_MAX),
    lastEventAtMs: lastEventAtMs === -Infinity ? null : lastEventAtMs,
  }
}

const tallyKey = ({ rule, seq, case: which }: Tally): string => JSON.stringify([rule, seq, which])

function uniteJourneys(
  own: CustomerState['journeys'],
  other: CustomerState['journeys'],
): CustomerState['journeys'] {
  const united: Record<string, JourneyMemory> = { ...own }
  for (const [journey, theirs] of Object.entries(other)) {
    const ours = united[journey]
    united[journey] =
      ours === undefined
        ? theirs
        : {
            entries: ours.entries + theirs.entries,
            lastEntryAtMs: Math.max(ours.lastEntryAtMs, theirs.lastEntryAtMs),
            lastExitAtMs: latest(ours.lastExitAtMs, theirs.lastExitAtMs),
            keys: [...new Set([...theirs.keys, ...ours.keys])].slice(-ENTRY_KEYS_MAX),
          }
  }
  return united
}

const latest = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.max(one, other)

/** An occurrence that let one of them in does not let them in once more. */
function uniteDates(
  own: CustomerState['dates'],
  other: CustomerState['dates'],
): CustomerState['dates'] {
  const united: Record<string, ArmedDate> = { ...other, ...own }
  for (const [name, { fired }] of Object.entries(other)) {
    const ours = own[name]
    if (ours?.fired === null) united[name] = { ...ours, fired }
  }
  return united
}

/** Of two consents that differ the stricter holds; what only one of them said holds for both. */
function agree(turn: Turn, { consents }: Exported, atMs: number): void {
  for (const [purpose, channels] of Object.entries(consents)) {
    for (const [channel, granted] of Object.entries(channels)) {
      const ours = turn.state.consents[purpose]?.[channel]
      if (ours === undefined || !granted)
        applyConsent(turn, { receivedAtMs: atMs, purpose, channel, granted })
      // Its journeys have come with a consent that does not hold any more.
      else if (!ours) enforceWithdrawal(turn, channel, atMs)
    }
  }
}

/** The other's runs join: those of the foreground are paused, as they came. */
function join(turn: Turn, joining: readonly Run[], atMs: number): void {
  for (const run of joining) {
    if (turn.state.runs.some(({ runId }) => runId === run.runId)) continue
    const twin = turn.state.runs.find((other) => areTwins(turn, other, run))
    patch(turn, { runs: [...turn.state.runs, run] })
    putRun(turn, run)
    if (twin === undefined) continue
    const [, loser] = [twin, run].toSorted(
      (a, b) =>
        Number(isLocked(turn, b, atMs)) - Number(isLocked(turn, a, atMs)) ||
        a.enteredAtMs - b.enteredAtMs ||
        (a.runId < b.runId ? -1 : 1),
    )
    const why = 'the customer is on this journey once'
    if (loser !== undefined) endRun(turn, loser, atMs, 'merged', { why })
  }
  dropBeyond(turn, RUNS_MAX, isForeground, atMs)
  dropBeyond(turn, SERVICE_RUNS_MAX, (run) => !isForeground(run), atMs)
}

/** Whether the customer may be on one of the two only: they are runs of one journey, and about the same. */
function areTwins(turn: Turn, one: Run, other: Run): boolean {
  if (one.journey !== other.journey) return false
  const isApart = ([a, b]: readonly [Run, Run]) =>
    isAboutAnother(a, definitionOf(turn, b.hash), b.entry)
  return !(isApart([one, other]) && isApart([other, one]))
}

/** Ends the runs of a lane that are one too many: never one that holds its lock, and first what is worth least. */
function dropBeyond(turn: Turn, max: number, isIn: (run: Run) => boolean, atMs: number): void {
  const worth = (run: Run): number =>
    run.worth ?? worthOf(definitionOf(turn, run.hash).arbitration, null)
  const open = turn.state.runs.filter(isIn)
  const weakest = open
    .filter((run) => !isForeground(run) || run.status === 'paused')
    .toSorted(
      (a, b) =>
        Number(isLocked(turn, a, atMs)) - Number(isLocked(turn, b, atMs)) ||
        worth(a) - worth(b) ||
        a.enteredAtMs - b.enteredAtMs ||
        (a.runId < b.runId ? -1 : 1),
    )
  const why = `at most ${max} may be open`
  for (const run of weakest.slice(0, Math.max(0, open.length - max)))
    endRun(turn, run, atMs, 'merged', { why })
}

/** The arbiter decides between what runs here and what came, or waited there. */
function decideAnew(turn: Turn, other: Exported, atMs: number): void {
  const deferred = withoutTwins([...turn.state.deferred, ...other.deferred])
  patch(turn, { deferred: deferred.slice(0, DEFERRED_MAX) })
  for (const { rule } of deferred.slice(DEFERRED_MAX))
    noteUnqueued(turn, rule, atMs, `the queue is full with ${DEFERRED_MAX}`)
  const cause = { type: 'merged' } as const
  const pending: PendingDecision | null = turn.state.pending
  const waiting = [...deferred, ...(pending?.triggered ?? [])]
  const triggered = other.triggered.filter((each) => !waiting.some((known) => isTwin(known, each)))
  if (pending !== null || triggered.length > 0)
    patch(turn, {
      pending: {
        atMs,
        seqs: [],
        ...pending,
        cause,
        triggered: [...(pending?.triggered ?? []), ...triggered],
      },
    })
  else for (const lane of ['foreground', 'service'] as const) askOnceFreed(turn, lane, cause, atMs)
}

type Waiting = Pick<Triggered, 'candidateId' | 'rule' | 'entry' | 'qualifiedAtMs'>

/** The first of those who wait for one journey stays, in whichever queue it was. */
function withoutTwins<T extends Waiting>(waiting: readonly T[]): T[] {
  const inOrder = waiting.toSorted(
    (a, b) => a.qualifiedAtMs - b.qualifiedAtMs || (a.candidateId < b.candidateId ? -1 : 1),
  )
  return inOrder.filter((each, place) => !inOrder.slice(0, place).some((one) => isTwin(one, each)))
}

/** As for one customer: a journey is waited for once, or once for each of what it is entered for. */
const isTwin = (one: Waiting, other: Waiting): boolean =>
  one.candidateId === other.candidateId ||
  (one.rule.journey === other.rule.journey &&
    entryKey(one.rule, one.entry) === entryKey(other.rule, other.entry))
