import type { Arbitration } from '../journeys/journey.ts'
import { toIso } from '../time.ts'
import type {
  ArbitrationRequest,
  Candidate,
  Cause,
  Decision,
  Fate,
  Gate,
  Score,
} from './arbitration.ts'
import { scoreOf } from './score.ts'

/**
 * A decision in words that need no knowledge of the engine: what happened, who was there, what became
 * of each candidate and why, what became of the journey that made room.
 */
export function explain(request: ArbitrationRequest, decision: Decision): string[] {
  const candidates = new Map(request.candidates.map((each) => [each.candidateId, each]))
  return [
    `${whatHappened(request.cause)} (${instantText(request.atMs)})`,
    ...whoWasThere(request),
    ...decision.fates.map((fate) => whatBecameOf(fate, candidates.get(fate.candidateId), decision)),
    ...whatMadeRoom(request, decision),
  ]
}

/** `chance 10 % × worth 12 × lever 1 = 1.2`, with what multiplied it where something did. */
export function describeScore({
  propensity,
  context,
  value,
  lever,
  total,
  factors = {},
}: Score): string {
  const named = Object.entries(factors)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, factor]) => `${name} ${figure(factor)}`)
  return [
    `chance ${figure(propensity * 100)} %`,
    ...(named.length > 0 ? named : context === 1 ? [] : [`context ${figure(context)}`]),
    `worth ${figure(value)}`,
    `lever ${figure(lever)}`,
  ]
    .join(' × ')
    .concat(` = ${figure(total)}`)
}

/** What an order by hand or by worth goes by. */
export const describeStanding = (arbitration: Arbitration, score: Score | null): string =>
  score !== null
    ? describeScore(score)
    : arbitration.mode === 'manual'
      ? `rank ${arbitration.rank}, by hand`
      : 'by worth'

function whatHappened(cause: Cause): string {
  switch (cause.type) {
    case 'event':
      return `“${cause.event}” happened.`
    case 'lifecycle':
      return cause.from === null
        ? `The customer is ${cause.to}.`
        : `The customer is ${cause.to} now, and was ${cause.from}.`
    case 'date':
      return `The date in “${cause.trait}” has come.`
    case 'run_ended':
      return `${cause.journey} is over: ${cause.reason}.`
    case 'lock_released':
      return `${cause.journey} no longer holds the customer.`
    case 'step_finished':
      return `${cause.journey} has finished the step that others waited for.`
    case 'exclusion_released':
      return `The customer may be contacted again: ${cause.reason}.`
    case 'sends_released':
      return `Messages that were held back may go out: ${cause.reason}.`
    case 'merged':
      return 'Two customers turned out to be one.'
    default:
      return cause satisfies never
  }
}

function whoWasThere({
  active,
  pausedRuns,
  serviceRuns = 0,
  settings,
}: ArbitrationRequest): string[] {
  const beside = [
    ...(pausedRuns > 0 ? [`${count(pausedRuns, 'journey')} paused`] : []),
    ...(serviceRuns > 0 ? [`${count(serviceRuns, 'journey')} in the service lane`] : []),
  ]
  const others = beside.length === 0 ? '' : ` Besides: ${beside.join(', ')}.`
  if (active === null) return [`No journey was running.${others}`]
  const { journey, version, arbitration, activeSinceMs, locked } = active
  const standing = describeStanding(arbitration, scoreOf(arbitration, active.context, settings))
  const lock = locked ? ' It holds the customer against others.' : ''
  return [
    `${journey}@${version} was running since ${instantText(activeSinceMs)} (${standing}).${lock}${others}`,
  ]
}

const SOURCES: Record<Fate['source'], string> = {
  trigger: 'qualified now',
  deferred: 'was waiting in the queue',
  paused: 'was paused',
}

function whatBecameOf(
  { candidateId, journey, version, source, fate, gate, reason, score, untilMs }: Fate,
  candidate: Candidate | undefined,
  { beside = [] }: Decision,
): string {
  const standing =
    candidate === undefined ? '' : ` (${describeStanding(candidate.arbitration, score)})`
  const who = `${journey}@${version} ${SOURCES[source]}${standing}`
  switch (fate) {
    case 'win':
      return beside.includes(candidateId)
        ? `${who} and starts beside the others, in the service lane.`
        : `${who} and wins. ${reason}`
    case 'queue':
      return `${who} and waits${untilMs === null ? '' : ` until ${instantText(untilMs)}`}. ${whyNot(gate, reason)}`
    case 'keep':
      return `${who} and stays paused. ${whyNot(gate, reason)}`
    case 'reject':
      return `${who} and falls out. ${whyNot(gate, reason)}`
    default:
      return fate satisfies never
  }
}

/** What each gate asks, for those who have never seen it. */
const QUESTIONS: Record<Gate, string> = {
  live: 'May it start at all?',
  exit: 'Was its exit met before it began?',
  reentry: 'May the customer enter again?',
  entry: 'Does its entry condition hold?',
  reachable: 'Can the customer be reached?',
  excluded: 'May the customer be contacted?',
  matrix: 'May this group be sent this?',
  lane: 'Is there room in the service lane?',
  lock: 'Is the customer held by another journey?',
  manual: 'Was another one chosen by hand?',
  margin: 'Is it worth enough more to switch?',
  dwell: 'Has the running journey had its time?',
  switches: 'Has the customer been switched too often?',
  rank: 'Does another one come first?',
}

const whyNot = (gate: Gate | null, reason: string): string =>
  gate === null ? reason : `${QUESTIONS[gate]} ${reason}`

function whatMadeRoom({ active }: ArbitrationRequest, { replaced }: Decision): string[] {
  if (replaced === null || active === null) return []
  const { journey } = active
  switch (replaced.fate) {
    case 'paused':
      return [`${journey} is paused, and may be taken up again where it stands.`]
    case 'abandoned':
      return [`${journey} is abandoned: it asked not to be taken up again.`]
    case 'finishing':
      return [`${journey} goes on to the end of its step, then makes room.`]
    default:
      return replaced.fate satisfies never
  }
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** `2026-12-06 09:00 UTC`. */
const instantText = (ms: number): string => `${toIso(ms).slice(0, 16).replace('T', ' ')} UTC`

/** Two decimals, or two digits where that would leave nothing. */
const figure = (n: number): string =>
  String(n !== 0 && Math.abs(n) < 0.01 ? Number(n.toPrecision(2)) : Math.round(n * 100) / 100)
