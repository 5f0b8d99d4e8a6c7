import type { Formulas } from '../facts/fact-rules.ts'
import type { Journey } from '../journeys/journey.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { Assumptions } from './recorded.ts'

/**
 * What a backtest is about, fixed when it was asked for: whoever carries it out, and however often,
 * plays the same versions over the same rows.
 */
export interface BacktestJobInput {
  /** RFC 3339. */
  readonly from: string
  readonly to: string
  /** 0 to 1. */
  readonly sample: number
  readonly assume: Assumptions
  /** Beside the drafts also what is live, each for itself. */
  readonly compare: boolean
  /** The versions that were live. */
  readonly live: readonly { readonly key: string; readonly version: number }[]
  /** Each takes the place of the live version of its journey. */
  readonly drafts: readonly {
    readonly journey: Journey
    readonly version: number
    readonly hash: string
  }[]
  /** Drafts of rules beside the journeys, compiled. Absent: those in force. */
  readonly rules?: Pick<RuleBook, 'contact' | 'arbitration'>
  /** The rule book that was in force: its rules beside the journeys hold. */
  readonly bookHash: string
  /** Formulas of the facts that the drafts reach, as they were when it was asked for. Absent: none. */
  readonly facts?: Formulas
  /** The newest row of the log at that time. */
  readonly throughSeq: number
}

/** What `GET /v1/jobs/{id}` shows while a backtest runs. */
export interface BacktestJobProgress {
  readonly customers: number
  readonly customersTotal: number
  /** Rows of the log played. */
  readonly events: number
  readonly perSecond: number
}
