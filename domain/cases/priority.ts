import type { JsonObject, JsonValue } from '../json.ts'
import { own } from '../own.ts'
import { durationMs } from '../time.ts'
import { SEVERITY_MAX, type CasePriorityRules } from './case-rules.ts'

/** What the priority of a case is reckoned from. */
export interface PrioritizedCase {
  readonly severity: number
  /** Until when an answer is promised; null: nobody promised one. */
  readonly promisedAtMs: number | null
  readonly contacts: number
  readonly traits: JsonObject
  /** What the customer has bought so far, in major units. */
  readonly value: number
}

export type PriorityPartName = keyof CasePriorityRules

export interface PriorityPart {
  readonly name: PriorityPartName
  readonly points: number
  readonly because: string
}

const HOUR_MS = 3_600_000
/** An answer that is long overdue counts twice what one does that is due now. */
const OVERDUE_MAX = 2
const NPS_MAX = 10

/**
 * How urgent a case is: the sum of its parts, each a weight of the published rules times a score from 0
 * to 1 (time left: to 2). What is not known adds nothing.
 */
export function casePriority(
  { severity, promisedAtMs, contacts, traits, value }: PrioritizedCase,
  rules: CasePriorityRules,
  nowMs: number,
): { readonly priority: number; readonly parts: readonly PriorityPart[] } {
  const nps = own(traits, rules.nps.trait)
  const reach = own(traits, rules.influence.trait)
  const parts = [
    part('severity', rules.severity, [severity / SEVERITY_MAX, `severity ${severity}`]),
    part('due', rules.due, dueScore(promisedAtMs, durationMs(rules.due.within), nowMs)),
    loyaltyPart(traits, rules.loyalty),
    part('value', rules.value, valueScore(value, rules.value.half)),
    part(
      'nps',
      rules.nps,
      typeof nps === 'number'
        ? [(NPS_MAX - between(0, nps, NPS_MAX)) / NPS_MAX, `NPS ${nps}`]
        : [0, `no ${rules.nps.trait}`],
    ),
    part('influence', rules.influence, influenceScore(reach, rules.influence.trait)),
    part('contacts', rules.contacts, contactScore(contacts, rules.contacts.max)),
  ]
  return { priority: rounded(parts.reduce((sum, { points }) => sum + points, 0)), parts }
}

/** What a customer's loyalty adds, to a case and to whatever else is put in order by it. */
export function loyaltyPart(
  traits: JsonObject,
  loyalty: CasePriorityRules['loyalty'],
): PriorityPart & { readonly name: 'loyalty' } {
  const tier = own(traits, loyalty.trait)
  const score: Score =
    typeof tier === 'string' ? [own(loyalty.scores, tier) ?? 0, tier] : [0, `no ${loyalty.trait}`]
  return part('loyalty', loyalty, score)
}

type Score = readonly [score: number, because: string]

const part = <Name extends PriorityPartName>(
  name: Name,
  { weight }: { readonly weight: number },
  [score, because]: Score,
) => ({ name, points: rounded(weight * score), because })

/** From 0, with `withinMs` or more left, over 1 when it is due, to 2 so long after that. */
function dueScore(promisedAtMs: number | null, withinMs: number, nowMs: number): Score {
  if (promisedAtMs === null) return [0, 'nothing was promised']
  const leftMs = promisedAtMs - nowMs
  const hours = Math.floor(Math.abs(leftMs) / HOUR_MS)
  const because = leftMs > 0 ? `due in ${hours} h` : `overdue by ${hours} h`
  return [between(0, 1 - leftMs / withinMs, OVERDUE_MAX), because]
}

/** Half at `half`, and never quite 1: twice as much is not twice as urgent. */
const valueScore = (value: number, half: number): Score => [
  value > 0 ? value / (value + half) : 0,
  value > 0 ? `has bought for ${rounded(value)}` : 'has bought nothing',
]

function influenceScore(reach: JsonValue | undefined, trait: string): Score {
  if (reach === true) return [1, trait]
  if (typeof reach === 'number') return [between(0, reach, 1), `${trait} ${reach}`]
  return [0, `no ${trait}`]
}

/** Each contact after the one that opened it is somebody who was not helped. */
const contactScore = (contacts: number, max: number): Score => [
  between(0, contacts, max) / max,
  contacts === 0 ? 'no further contact' : `${contacts} more contacts`,
]

const between = (min: number, value: number, max: number): number =>
  Math.min(Math.max(value, min), max)

const rounded = (points: number): number => Math.round(points * 100) / 100
