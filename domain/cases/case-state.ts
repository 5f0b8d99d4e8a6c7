import { own } from '../own.ts'
import { durationMs } from '../time.ts'
import { SEVERITY_DEFAULT, SEVERITY_MAX, type CaseSettings, type CaseType } from './case-rules.ts'
import type { CaseStatement } from './case-statement.ts'

export type CaseStatus = 'open' | 'resolved' | 'closed'

/** Where a case stands, by all that was said about it. */
export interface CaseState {
  readonly status: CaseStatus
  /** Of the taxonomy; null: no code that was given is in it. */
  readonly type: string | null
  readonly severity: number
  readonly openedAtMs: number
  /** Until when an answer is promised; null: nobody promised. */
  readonly promisedAtMs: number | null
  readonly resolvedAtMs: number | null
  readonly closedAtMs: number | null
  readonly lastAtMs: number
  /** How often the customer and we spoke about it after it was opened. */
  readonly contacts: number
  readonly escalations: number
  readonly emotion: string | null
  readonly level: string | null
  readonly satisfaction: number | null
  /** Where it was voiced, in order. */
  readonly sources: readonly string[]
}

/** The type that a source's code stands for; null: the taxonomy does not say. */
export function typeOf(
  { types }: CaseSettings,
  { source, code }: Pick<CaseStatement, 'source' | 'code'>,
): string | null {
  if (code === null) return null
  if (Object.hasOwn(types, code)) return code
  const named = (of: string) =>
    Object.keys(types).find((key) => own(own(types, key)?.codes ?? {}, of)?.includes(code) === true)
  return named(source) ?? named('*') ?? null
}

/**
 * Where a case stands: the same for any order of arrival. Of one instant the closing counts.
 *
 * @param statements at least one
 */
export function caseOf(statements: readonly CaseStatement[], rules: CaseSettings): CaseState {
  const inOrder = statements.toSorted(
    (a, b) =>
      a.atMs - b.atMs || ORDER[a.action] - ORDER[b.action] || compare(a.messageId, b.messageId),
  )
  const newest = <T>(read: (statement: CaseStatement) => T | null): T | null =>
    inOrder.reduce<T | null>((value, statement) => read(statement) ?? value, null)
  const firstAtMs = inOrder[0]?.atMs ?? 0
  const openedAtMs = inOrder.find(({ action }) => action === 'opened')?.atMs ?? firstAtMs
  const type = newest((statement) => typeOf(rules, statement))
  const described = type === null ? undefined : own(rules.types, type)
  const escalations = inOrder.filter(({ action }) => action === 'escalated').length
  const turning = inOrder.findLast(({ action }) => action !== 'contacted' && action !== 'escalated')
  const status =
    turning?.action === 'resolved' || turning?.action === 'closed' ? turning.action : 'open'
  const lastOf = (action: CaseStatement['action']): number | null =>
    inOrder.findLast((each) => each.action === action)?.atMs ?? null
  return {
    status,
    type,
    severity: Math.min(
      SEVERITY_MAX,
      (newest(({ severity }) => severity) ?? described?.severity ?? SEVERITY_DEFAULT) + escalations,
    ),
    openedAtMs,
    promisedAtMs: newest(({ promisedAtMs }) => promisedAtMs) ?? promisedBy(described, openedAtMs),
    resolvedAtMs: status === 'open' ? null : lastOf('resolved'),
    closedAtMs: status === 'closed' ? lastOf('closed') : null,
    lastAtMs: inOrder.at(-1)?.atMs ?? firstAtMs,
    contacts: inOrder.filter(({ action }) => action === 'contacted').length,
    escalations,
    emotion: newest(({ emotion }) => emotion),
    level: newest(({ level }) => level),
    satisfaction: newest(({ satisfaction }) => satisfaction),
    sources: [...new Set(inOrder.map(({ source }) => source))],
  }
}

/** Of one instant: what ends comes last. */
const ORDER = {
  opened: 0,
  reopened: 1,
  contacted: 2,
  escalated: 3,
  resolved: 4,
  closed: 5,
} as const

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

const promisedBy = (type: CaseType | undefined, openedAtMs: number): number | null =>
  type?.answerWithin === undefined ? null : openedAtMs + durationMs(type.answerWithin)
