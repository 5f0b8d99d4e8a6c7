import { ALL, UNDECLARED, type PlanCount } from '../db/plan-counts.ts'
import type { Finding } from '../domain/errors.ts'
import type { JsonObject } from '../domain/json.ts'
import type { CompiledPlan, PlanVerdict } from '../domain/tracking/compile-tracking-plan.ts'
import { NOT_AS_PLANNED } from '../domain/tracking/planned-traits.ts'
import type { ArrivedEvent } from './incoming-event.ts'
import { readEvent } from './read-event.ts'
import type { WrittenEvent } from './write-fresh-events.ts'

/** Longer names are cut: an index holds them. */
const NAME_LENGTH_MAX = 255

/** An event, and what the plan says of it. */
export interface PlannedEvent {
  readonly name: string
  readonly source: string
  readonly said: JsonObject
  readonly atMs: number
  /** Null: the plan says nothing about events, or it is none. */
  readonly verdict: PlanVerdict | null
}

export function judgeByPlan(event: ArrivedEvent, { judgeEvent }: CompiledPlan): PlannedEvent {
  const { name, properties, source, said } = readEvent(event)
  const verdict = name === null || judgeEvent === null ? null : judgeEvent(name, properties)
  return { name: name ?? '', source, said, atMs: event.arrivedAtMs, verdict }
}

/** Why the plan does not let an event in, with places in the event; empty where it does. */
export function planRefusal({ name, verdict }: PlannedEvent): Finding[] {
  if (verdict?.isRefused !== true) return []
  const refuse = (code: string, path: string, message: string): Finding => ({
    code,
    path,
    message,
    severity: 'error',
  })
  if (!verdict.isDeclared)
    return [refuse('undeclared_event', '/event', `The tracking plan declares no event "${name}".`)]
  return verdict.violations.map(({ path, message }) =>
    refuse(NOT_AS_PLANNED, `/properties${path}`, `The tracking plan says: ${message}.`),
  )
}

/** What is to be counted of one event by the plan. */
export function planCounts(
  { name, source, said, atMs, verdict }: PlannedEvent,
  { judgeTrait }: CompiledPlan,
  /** Where it is stored, and what was held against its traits; null where it was refused. */
  stored: WrittenEvent | null,
): PlanCount[] {
  const count = (kind: PlanCount['kind'], named: string, finding: string, message?: string) => ({
    kind,
    name: named.slice(0, NAME_LENGTH_MAX),
    finding: finding.slice(0, NAME_LENGTH_MAX),
    message: message ?? null,
    source,
    atMs,
    count: 1,
    refused: stored === null ? 1 : 0,
    seq: stored?.answer.seq ?? null,
  })
  const ofEvent = verdict === null ? [] : eventFindings(verdict)
  const counts = ofEvent.map(([finding, message]) => count('event', name, finding, message))
  if (judgeTrait === null || stored === null) return counts
  const bad = new Set(
    stored.findings.filter(({ problem }) => problem === NOT_AS_PLANNED).map(({ trait }) => trait),
  )
  for (const [trait, value] of Object.entries(said)) {
    if (value === null) continue
    counts.push(count('trait', trait, judgeTrait(trait, value).isDeclared ? ALL : UNDECLARED))
    if (bad.has(trait)) counts.push(count('trait', trait, NOT_AS_PLANNED))
  }
  return counts
}

/** One that is not declared is counted as that alone. */
function eventFindings({ isDeclared, violations }: PlanVerdict): [string, string?][] {
  if (!isDeclared) return [[UNDECLARED]]
  const broken = new Map(violations.map(({ rule, message }) => [rule, message]))
  return violations.length === 0 ? [[ALL]] : [[ALL], [NOT_AS_PLANNED], ...broken]
}
