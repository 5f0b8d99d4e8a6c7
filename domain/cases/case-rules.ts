import type { IsoDuration } from '../journeys/values.ts'

/**
 * What service cases are about, which events make one, and which is answered first: published and
 * versioned as a whole. `case-rules.schema.ts` parses the same shape from outside.
 */
export interface CaseRules {
  /** Where an editor finds the JSON Schema. Shapes nothing. */
  readonly $schema?: string
  /** The taxonomy: one for all channels, by key. */
  readonly types?: Readonly<Record<string, CaseType>>
  readonly match?: CaseMatch
  /** What makes a case urgent, and how much: weights, which are added up. */
  readonly priority?: Partial<CasePriorityRules>
}

export interface CaseType {
  readonly title: string
  /** From 1 to 5, where the event does not say. */
  readonly severity?: number
  /** What is promised, where the event does not say until when. */
  readonly answerWithin?: IsoDuration
  /** By source (`context.source`), `*` for all others: the codes by which it calls this. */
  readonly codes?: Readonly<Record<string, readonly string[]>>
}

/** When an event that names no known case is about one that is there. */
export interface CaseMatch {
  /** Properties: one of them must hold the same. */
  readonly keys?: readonly string[]
  /** So long after the last event of the case at most. */
  readonly within?: IsoDuration
}

/** Each part scores from 0 to 1 (`due`: to 2), times its weight. */
export interface CasePriorityRules {
  readonly severity: { readonly weight: number }
  /** Grows over `within` before the promised answer, and for as long after it. */
  readonly due: { readonly weight: number; readonly within: IsoDuration }
  /** A trait that names a tier, and what each tier scores. */
  readonly loyalty: {
    readonly weight: number
    readonly trait: string
    readonly scores: Readonly<Record<string, number>>
  }
  /** Half for who has bought for `half`. */
  readonly value: { readonly weight: number; readonly half: number }
  /** A trait from 0 to 10: who is least content comes first. */
  readonly nps: { readonly weight: number; readonly trait: string }
  /** A trait that is true, or a number from 0 to 1. */
  readonly influence: { readonly weight: number; readonly trait: string }
  /** All of it at `max` contacts after the first. */
  readonly contacts: { readonly weight: number; readonly max: number }
}

export const SEVERITY_MIN = 1
export const SEVERITY_MAX = 5
export const SEVERITY_DEFAULT = 3

/** Rules with all defaults. */
export interface CaseSettings {
  readonly types: Readonly<Record<string, CaseType>>
  readonly match: Required<CaseMatch>
  readonly priority: CasePriorityRules
}

/** Where nothing was published. */
export const DEFAULT_CASES: CaseSettings = {
  types: {},
  match: { keys: ['order_id'], within: 'P30D' },
  priority: {
    severity: { weight: 40 },
    due: { weight: 40, within: 'P1D' },
    loyalty: { weight: 10, trait: 'loyalty_tier', scores: { silver: 0.5, gold: 1 } },
    value: { weight: 10, half: 500 },
    nps: { weight: 10, trait: 'nps' },
    influence: { weight: 15, trait: 'influencer' },
    contacts: { weight: 20, max: 4 },
  },
}

/** What rules say, with what they do not say filled in. */
export const caseSettings = ({ types, match, priority }: CaseRules = {}): CaseSettings => ({
  types: types ?? DEFAULT_CASES.types,
  match: { ...DEFAULT_CASES.match, ...match },
  priority: { ...DEFAULT_CASES.priority, ...priority },
})
