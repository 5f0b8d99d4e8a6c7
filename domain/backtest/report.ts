import type { Lane } from '../journeys/journey.ts'
import type { JsonObject } from '../json.ts'

/** How often, by name. Names in alphabetical order. */
export type Counts = Readonly<Record<string, number>>

/**
 * What a backtest found. Every figure is a whole number, and the same input gives the same text, in
 * whatever order the customers came. `docs/backtest.md` says what each figure means.
 */
export interface BacktestReport {
  readonly window: { readonly from: string; readonly to: string }
  readonly customers: {
    /** Who took part. */
    readonly played: number
    /** Who entered at least one journey. */
    readonly entered: number
    /** Who got at least one message. */
    readonly messaged: number
  }
  /** Events that some rule names: in the window, and before it. */
  readonly events: { readonly window: number; readonly history: number }
  readonly journeys: readonly JourneyFigures[]
  readonly sent: SentFigures
  readonly switches: readonly SwitchFigures[]
  readonly withoutArbitration: {
    readonly sent: number
    readonly collisions: number
    readonly inTwoAtOnce: number
  }
  readonly collisions: { readonly withArbitration: number; readonly avoided: number }
  readonly load: LoadFigures
  /** What was really sent and entered in the window. Null: of a file nothing is known. */
  readonly happened: HappenedFigures | null
}

export interface JourneyFigures {
  readonly journey: string
  readonly version: number
  readonly draft: boolean
  readonly lane: Lane
  readonly entered: number
  /** Ended with reason `completed` or `goal`. */
  readonly completed: number
  /** Ended, by reason. */
  readonly ended: Counts
  /** Still in it at the end of the window. */
  readonly open: number
  readonly goal: { readonly reached: number; readonly valueMinor: number }
  readonly paused: number
  readonly resumed: number
  readonly queued: number
  /** How often it was triggered and did not start at once, by the gate that decided. */
  readonly turnedAway: Counts
  /** Visits, by step. */
  readonly steps: Counts
  /** By channel. */
  readonly sent: Counts
  /** Messages that the gate kept back on every channel. */
  readonly unsent: number
  /** Messages that the gate kept back or held for a while, by its reason: see `contact-gate.md`. */
  readonly keptBack: Counts
  /** As if there were no other journey. */
  readonly alone: {
    readonly entered: number
    readonly completed: number
    readonly ended: Counts
    readonly sent: number
  }
}

export interface SentFigures {
  readonly total: number
  readonly byChannel: Counts
  readonly byJourney: Counts
  /** By day, UTC. */
  readonly byDay: Counts
}

/** How often one journey took over from another. */
export interface SwitchFigures {
  readonly from: string
  readonly to: string
  /** `rank`: it was put first by hand. `score`: it was worth more. */
  readonly by: 'rank' | 'score'
  readonly left: 'paused' | 'abandoned'
  readonly count: number
}

/** Messages per hour, UTC. */
export interface LoadFigures {
  /** Hours in which something is sent, as `2011-01-03T09`. */
  readonly byHour: Counts
  /** 24 sums, one for each hour of the day. */
  readonly byHourOfDay: readonly number[]
  /** The first hour with the most messages; null where nothing is sent. */
  readonly busiest: { readonly hour: string; readonly sent: number } | null
  /** The lower median of the hours in which something is sent. */
  readonly median: number
}

export interface HappenedFigures {
  readonly sent: readonly {
    readonly journey: string
    readonly channel: string
    readonly count: number
  }[]
  readonly entered: Counts
}

/** Two backtests side by side: `a` is what is live, `b` with the drafts in its place. */
export interface BacktestComparison {
  readonly a: BacktestReport
  readonly b: BacktestReport
  /** b − a, figure by figure; journeys by key, whatever the version. Figures that are the same are left out. */
  readonly difference: JsonObject
}
