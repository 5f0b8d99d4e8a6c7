import { setImmediate as letOthersRun } from 'node:timers/promises'
import { customerFromEvents } from '../domain/backtest/customer-from-events.ts'
import { planBacktest, type PlannedVersion } from '../domain/backtest/plan.ts'
import type { Assumptions, RecordedCustomer, RecordedEvent } from '../domain/backtest/recorded.ts'
import type { BacktestReport } from '../domain/backtest/report.ts'
import { runBacktest } from '../domain/backtest/run-backtest.ts'
import {
  DEFAULT_LIFECYCLE_RULES,
  type LifecycleRules,
} from '../domain/customers/lifecycle-rules.ts'
import { compileContactRules } from '../domain/contact/compile-policy.ts'
import type { ContactPolicy } from '../domain/contact/policy.ts'
import type { ArbitrationRules } from '../domain/decisioning/arbitration-rules.ts'
import { compileArbitration } from '../domain/decisioning/compile-arbitration.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { projectProperties } from '../domain/journeys/property-shape.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { RulesBeside } from '../domain/simulation.ts'
import { customersOf } from './partition-events.ts'
import { own } from '../domain/own.ts'

/** How long the thread is kept before others may run. */
const SLICE_MS = 20

export interface BacktestFileProgress {
  /** Rows read. */
  readonly rows: number
  /** Of these, rows that some rule names. They are played once all are read. */
  readonly named: number
  /** Customers played, and their rows. */
  readonly customers: number
  readonly events: number
}

export interface BacktestFileInput {
  /** In any order. */
  readonly rows: AsyncIterable<RecordedEvent>
  /** Checked journeys, all of which take part. */
  readonly journeys: readonly Journey[]
  /** The window, epoch milliseconds; `toMs` is not in it. */
  readonly fromMs: number
  readonly toMs: number
  readonly assume: Assumptions
  readonly lifecycle?: LifecycleRules
  /** Checked rules beside the journeys. Absent: none. */
  readonly contactPolicy?: ContactPolicy
  readonly arbitration?: ArbitrationRules
  /** Told about fifty times a second. */
  readonly onProgress?: (progress: BacktestFileProgress) => void
}

/**
 * Plays journeys over a file of events, without a server. Memory does not grow with the number of
 * customers: rows go through temporary files.
 *
 * @throws {DomainError} `malformed` at a row whose timestamp is no instant
 */
export async function backtestFile(input: BacktestFileInput): Promise<BacktestReport> {
  const { rows, journeys, fromMs, toMs, assume, lifecycle = DEFAULT_LIFECYCLE_RULES } = input
  const plan = planBacktest({
    window: { fromMs, toMs },
    assume,
    versions: journeys.map(toDraft),
    rules: { lifecycle, ...rulesIn(input) },
  })
  const counted = { rows: 0, named: 0 }
  const tell = (played: { customers: number; events: number }): void =>
    input.onProgress?.({ ...counted, ...played })

  let sliceBeganAtMs = performance.now()
  const pauseWhenDue = (played = { customers: 0, events: 0 }): Promise<void> | undefined => {
    if (performance.now() - sliceBeganAtMs < SLICE_MS) return undefined
    tell(played)
    return letOthersRun().then(() => {
      sliceBeganAtMs = performance.now()
    })
  }
  const named = async function* (): AsyncGenerator<RecordedEvent> {
    for await (const row of rows) {
      counted.rows++
      const kept = asRead(row, plan.together.book)
      if (kept !== null) {
        counted.named++
        yield kept
      }
      await pauseWhenDue()
    }
  }
  const customers = async function* (): AsyncGenerator<RecordedCustomer> {
    for await (const { userId, events } of customersOf(named()))
      yield customerFromEvents(userId, events)
  }
  return runBacktest({
    plan,
    customers: customers(),
    happened: null,
    breathe: pauseWhenDue,
  })
}

const toDraft = (journey: Journey): PlannedVersion => ({
  journey,
  version: 1,
  hash: journey.key,
  draft: true,
})

/** Compiled without a population: rules that compare with one do not open. */
function rulesIn({ contactPolicy, arbitration }: BacktestFileInput): Partial<RulesBeside> {
  return {
    ...(contactPolicy === undefined
      ? {}
      : {
          contact: {
            ...compileContactRules(contactPolicy, { version: 1, thresholds: {} }),
            hash: 'draft',
          },
        }),
    ...(arbitration === undefined ? {} : { arbitration: compileArbitration(arbitration) }),
  }
}

/** The row reduced to what rules name; null where none does. */
function asRead(row: RecordedEvent, { events }: RuleBook): RecordedEvent | null {
  const kept = own(events, row.event)
  if (kept === undefined) return null
  return { ...row, properties: projectProperties(row.properties, kept.properties) }
}
