import type { JsonObject, JsonValue } from '../json.ts'
import { instantFromIso } from '../time.ts'
import { SEVERITY_MAX, SEVERITY_MIN } from './case-rules.ts'

/** What each event does to a case, by its name. */
const ACTIONS = {
  'Case Opened': 'opened',
  'Case Contacted': 'contacted',
  'Case Escalated': 'escalated',
  'Case Resolved': 'resolved',
  'Case Reopened': 'reopened',
  'Case Closed': 'closed',
} as const

export type CaseAction = (typeof ACTIONS)[keyof typeof ACTIONS]

/** One event of a case: what it said, in our words. */
export interface CaseStatement {
  readonly messageId: string
  readonly action: CaseAction
  readonly atMs: number
  /** Which system or channel said it. */
  readonly source: string
  /** By what that source calls the case; null: by nothing. */
  readonly ref: string | null
  /** By what that source calls what it is about. */
  readonly code: string | null
  /** Properties that matching may use. */
  readonly keys: Readonly<Record<string, string>>
  readonly severity: number | null
  readonly promisedAtMs: number | null
  readonly emotion: string | null
  /** How far it was resolved. */
  readonly level: string | null
  readonly satisfaction: number | null
}

export const isCaseEvent = (name: string | null): name is keyof typeof ACTIONS =>
  name !== null && Object.hasOwn(ACTIONS, name)

const TEXT_LENGTH_MAX = 255

/** What an event says about a case. Values that cannot be read say nothing. */
export function readCaseStatement(
  event: {
    readonly name: keyof typeof ACTIONS
    readonly messageId: string
    readonly properties: JsonObject
    readonly source: string
    readonly occurredAtMs: number
  },
  keyNames: readonly string[],
): CaseStatement {
  const { name, messageId, properties, source, occurredAtMs: atMs } = event
  const keys = keyNames.flatMap((key): [string, string][] => {
    const value = textOf(properties[key])
    return value === null ? [] : [[key, value]]
  })
  const promised = properties['promised_at']
  return {
    messageId,
    action: ACTIONS[name],
    atMs,
    source,
    ref: textOf(properties['case_id']),
    code: textOf(properties['code']),
    keys: Object.fromEntries(keys),
    severity: numberIn(properties['severity'], SEVERITY_MIN, SEVERITY_MAX),
    promisedAtMs: typeof promised === 'string' ? instantFromIso(promised) : null,
    emotion: textOf(properties['emotion']),
    level: textOf(properties['level']),
    satisfaction: numberIn(properties['satisfaction'], -Infinity, Infinity),
  }
}

function textOf(value: JsonValue | undefined): string | null {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text !== 'string' || text === '' ? null : text.slice(0, TEXT_LENGTH_MAX)
}

const numberIn = (value: JsonValue | undefined, min: number, max: number): number | null =>
  typeof value === 'number' && value >= min && value <= max ? value : null
