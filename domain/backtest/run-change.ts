import type { TimelineEntry } from '../actor/effects.ts'
import type { JsonValue } from '../json.ts'

/** What the actor noted of a run: `entered`, `paused`, `resumed`, `ended` with its reason … */
export interface RunChange {
  readonly runId: string
  readonly change: string
  readonly reason: string
}

/** Null for lines about something else. */
export function runChangeOf({ kind, data }: TimelineEntry): RunChange | null {
  if (kind !== 'run') return null
  return {
    runId: textOf(data['runId']),
    change: textOf(data['change']),
    reason: textOf(data['reason']),
  }
}

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '')
