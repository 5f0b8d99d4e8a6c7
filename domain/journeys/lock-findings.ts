import { isPersonalTrait } from '../customers/personal-traits.ts'
import type { Finding } from '../errors.ts'
import { instantFromIso } from '../time.ts'
import type { JourneyParts } from './journey-parts.ts'
import { walk, type Graph } from './step-graph.ts'
import { LOCK_PATH, lockDate, lockIn, lockInstant, lockStep } from './lock-parts.ts'
import { shownLoop } from './loop-findings.ts'
import type { StepId } from './values.ts'

/** Locks that end at once, and dates that no actor knows. `nowMs`: absent where nobody knows the time. */
export function lockFindings(parts: JourneyParts, nowMs: number | undefined): Finding[] {
  const findings: Finding[] = []
  const never = (path: string, why: string): void => {
    findings.push({
      code: 'lock_never_holds',
      path: LOCK_PATH + path,
      message: `${why}, so this lock holds nobody; name a later one, or take the lock out.`,
      severity: 'warning',
    })
  }
  const step = lockStep(parts)
  if (step !== null && step === parts.start) never('/untilStep', `A run begins on "${step}"`)
  const date = lockDate(parts)
  if (date !== null && isPersonalTrait(date.date) && date.yearly !== true)
    findings.push({
      code: 'personal_trait',
      path: `${LOCK_PATH}/untilDate/date`,
      message: `"${date.date}" is personal data, of which only day and month reach the actor; add "yearly": true, or use another trait.`,
      severity: 'error',
    })
  const until = lockInstant(parts)
  const untilMs = until === null ? null : instantFromIso(until)
  const from = parts.valid?.from
  const fromMs = from === undefined ? null : instantFromIso(from)
  if (untilMs !== null && fromMs !== null && untilMs <= fromMs)
    never('/until', 'Nobody enters before this instant')
  else if (untilMs !== null && nowMs !== undefined && untilMs <= nowMs)
    never('/until', 'This instant has passed')
  return findings
}

/**
 * What holds a customer for as long as they live: a loop that no repetition bounds, under a lock that
 * ends with the run, or at a step behind the loop; and a step that no run ever comes to.
 */
export function endlessLockFindings(
  parts: JourneyParts,
  graph: Graph,
  reached: ReadonlySet<StepId>,
): Finding[] {
  const { start } = parts
  const lock = lockIn(parts)
  const untilStep = lockStep(parts)
  // An instant and a date come, whatever the run does.
  if (lock === null || (lock !== 'journey' && untilStep === null)) return []
  if (untilStep !== null && graph.has(untilStep) && !reached.has(untilStep))
    return [
      {
        code: 'lock_step_unreached',
        path: `${LOCK_PATH}/untilStep`,
        message: `No path leads to "${untilStep}", so the lock would hold to the end of the run; name a step that runs come to, or write "journey".`,
        severity: 'error',
      },
    ]
  // A repetition is bounded unless its other way leads back to it, so its body may be left out.
  const { loops } = walk(untilStep === null || start === null ? reached : [start], (id) => {
    if (id === untilStep) return []
    const { links = [], round = null } = graph.get(id) ?? {}
    return links.filter(({ path }) => path !== round?.path)
  })
  return loops.slice(0, 1).map(({ steps }) => ({
    code: 'lock_without_end',
    path: LOCK_PATH,
    message: `A run can go round ${shownLoop(steps)} for ever, and the lock keeps every other journey out meanwhile; bound the loop with a "repeat", or take the lock off.`,
    // Nobody knows whether an exit rule is ever met, but its author may.
    severity: parts.exits.length === 0 ? 'error' : 'warning',
  }))
}
