import { formatInstant } from '../time.ts'
import type { CustomerState, Run, Send } from './customer-state.ts'
import { dueAtMsOf } from './run-store.ts'
import { sendDeadlineMs } from './send-deadline.ts'
import { activeRun, isForeground } from './turn.ts'

/** What ops filter by in the engine's UI. Absent where there is nothing to say. */
export interface OperatorView {
  readonly Lifecycle: string
  readonly Journey: string | null
  readonly JourneyVersion: string | null
  readonly JourneyStep: string | null
  readonly LockedBy: string | null
  /** Reasons of the exclusions in force. */
  readonly Excluded: readonly string[]
  readonly Test: boolean
}

/** The search attributes of an actor, but for the two instants. `isLocked` is judged by the caller's rules. */
export function operatorView(state: CustomerState, lockedBy: string | null): OperatorView {
  const run = activeRun(state)
  return {
    Lifecycle: state.lifecycle.state,
    Journey: run?.journey ?? null,
    JourneyVersion: run === undefined ? null : `${run.journey}@${run.version}`,
    JourneyStep: run === undefined ? null : `${run.journey}@${run.version}:${run.step}`,
    LockedBy: lockedBy,
    Excluded: excludedFor(state),
    Test: state.test,
  }
}

const excludedFor = ({ exclusions }: CustomerState): string[] => {
  const inForce = exclusions.filter(({ awaited }) => awaited !== true)
  return [...new Set(inForce.map(({ reason }) => reason))].toSorted()
}

/** The actor's page for a person in the engine's UI, in Markdown: where, since when, what next, why. */
export function describeCustomer(state: CustomerState, wakeAtMs: number | null): string {
  const at = (ms: number): string => formatInstant(ms, state.zone)
  const lines = [
    `**${state.lifecycle.state}** since ${at(state.lifecycle.sinceMs)} · ${state.lifecycle.reason}`,
    '',
  ]
  if (state.runs.length === 0) lines.push('On no journey.')
  for (const run of state.runs) lines.push(`- ${describeRun(run, at)}`)
  for (const { rule, untilMs, reason } of state.deferred)
    lines.push(`- queued: ${rule.journey}@${rule.version} until ${at(untilMs)} · ${reason}`)
  for (const { reason, awaited, fromMs, untilMs } of state.exclusions)
    lines.push(
      `- excluded: ${reason}${awaited === true ? ` from ${at(fromMs)}` : ''} ${untilMs === null ? 'until it is closed' : `until ${at(untilMs)}`}`,
    )
  lines.push(
    '',
    `Next: ${state.arbitration !== null ? 'a decision is open' : wakeAtMs === null ? 'waits for an event' : at(wakeAtMs)}`,
  )
  if (state.recentDecisions.length > 0) lines.push('', 'Last decisions:', '')
  for (const { atMs, summary } of state.recentDecisions.toReversed())
    lines.push(`- ${at(atMs)} · ${summary}`)
  return lines.join('\n')
}

function describeRun(run: Run, at: (ms: number) => string): string {
  const where = `${run.journey}@${run.version} · ${run.step} · since ${at(run.sinceMs)}`
  if (run.status === 'paused') return `paused: ${where}`
  if (!isForeground(run)) return `beside: ${where} · ${describeWait(run, at)}`
  const then = run.finishingSinceMs === undefined ? '' : ', then makes room'
  return `**${where}** · ${describeWait(run, at)}${then}`
}

function describeWait({ wait }: Run, at: (ms: number) => string): string {
  switch (wait?.type) {
    case 'until':
      return `until ${at(wait.dueAtMs)}`
    case 'event':
      return `until ${wait.event}, at most until ${at(wait.dueAtMs)}`
    case 'send':
      return describeSend(wait.send, at)
    case 'call':
      return wait.call.retryAtMs === null
        ? 'calls out'
        : `calls out again ${at(wait.call.retryAtMs)}`
    case undefined:
      return 'on its way'
  }
}

function describeSend(send: Send, at: (ms: number) => string): string {
  const { message, channel, retryAtMs, waits } = send
  const what = `${message} by ${channel}`
  if (waits?.as === 'parked') return `${what} is parked: ${waits.reason}, until it is released`
  if (waits?.as === 'held') {
    const deadlineMs = sendDeadlineMs(send)
    const why = `${what} is held: ${waits.reason}`
    return retryAtMs === null || retryAtMs > deadlineMs
      ? `${why}, at most until ${at(deadlineMs)}`
      : `${why}, until ${at(retryAtMs)}`
  }
  return retryAtMs === null ? `sends ${what}` : `tries ${message} again ${at(retryAtMs)}`
}

/** One line for the timer of the next wake-up: `welcome@3 · rest · until 2026-12-06 09:00 Europe/Madrid`. */
export function describeWake(state: CustomerState, wakeAtMs: number): string {
  return `${whatIsDue(state, wakeAtMs)} · until ${formatInstant(wakeAtMs, state.zone)}`
}

/** The same for an actor that goes to sleep then. */
export const describeSleep = ({ zone }: CustomerState, atMs: number): string =>
  `sleeps · from ${formatInstant(atMs, zone)}`

function whatIsDue(state: CustomerState, atMs: number): string {
  if (state.lifecycle.nextAtMs === atMs) return `lifecycle ${state.lifecycle.state}`
  const due = state.runs.find((run) => run.status === 'active' && dueAtMsOf(run) === atMs)
  if (due !== undefined) return `${due.journey}@${due.version} · ${due.step}`
  const ends = state.exclusions.find(({ untilMs }) => untilMs === atMs)
  if (ends !== undefined) return `exclusion ${ends.reason} ends`
  const begins = state.exclusions.find(({ awaited, fromMs }) => awaited === true && fromMs === atMs)
  if (begins !== undefined) return `exclusion ${begins.reason} begins`
  const run = activeRun(state)
  const dated = Object.keys(state.dates).find((key) => state.dates[key]?.dueAtMs === atMs)
  if (dated !== undefined) return `${dated.slice(0, dated.lastIndexOf('/'))} on its date`
  const queued = state.deferred.find(({ untilMs }) => untilMs === atMs)
  if (queued !== undefined) return `${queued.rule.journey}@${queued.rule.version} leaves the queue`
  return run === undefined ? 'queue' : `${run.journey}@${run.version} · ${run.step}`
}
