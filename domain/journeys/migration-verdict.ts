import type { StepId } from './values.ts'
import { wayFrom, type MigrationSteps } from './migration-plan.ts'

/** What a verdict on one run goes by. */
export interface MigrationRules {
  readonly from: number
  readonly steps: MigrationSteps
  /** Whether messages may be sent again. */
  readonly resend: boolean
  /** Messages that a move brings back, see `regainedMessages`. */
  readonly regained: (step: StepId, target: StepId) => ReadonlySet<string>
}

/** A run as it stands now, as far as SQL knows. */
export interface RunInVersion {
  readonly version: number
  readonly step: StepId
  readonly status: 'active' | 'waiting' | 'paused' | 'ended'
  /** Messages it got, or may have got. */
  readonly delivered: readonly string[]
}

/** `ask`: the actor is told to take the run to `to`, null to end it. `later`: it is under way between two steps. */
export type MigrationVerdict =
  | { readonly type: 'ask'; readonly to: StepId | null }
  | { readonly type: 'later' }
  | { readonly type: 'gone' | 'stayed' | 'refused'; readonly reason: string | null }

/** What a migration does with a run, judged right before its actor is asked. */
export function judgeRun(rules: MigrationRules, run: RunInVersion): MigrationVerdict {
  if (run.status === 'ended') return { type: 'gone', reason: 'It had ended.' }
  if (run.version !== rules.from)
    return { type: 'gone', reason: `It is in version ${run.version} now.` }
  const way = wayFrom(rules.steps, run.step)
  if (way === null)
    return run.status === 'active'
      ? { type: 'later' }
      : { type: 'stayed', reason: `The plan does not name "${run.step}".` }
  if (way.type === 'stay') return { type: 'stayed', reason: null }
  if (way.type === 'exit') return { type: 'ask', to: null }
  if (!rules.resend) {
    const regained = rules.regained(run.step, way.to)
    const again = run.delivered.filter((message) => regained.has(message))
    if (again.length > 0) return { type: 'refused', reason: `It would get ${quoted(again)} again.` }
  }
  return { type: 'ask', to: way.to }
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ')
