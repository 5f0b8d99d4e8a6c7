import type { RetentionPlan } from './retention-plan.ts'

/** How far a run has come: what it walks over, and the key of the last row that it has looked at. */
export type RetentionPosition =
  | { readonly part: 'events' | 'mails'; readonly after: number }
  | { readonly part: 'timeline'; readonly after: EntryKey }
  | { readonly part: 'agentTasks' | 'onsite'; readonly after: string }

export type EntryKey = readonly [customerId: string, turn: number, ordinal: number]

/** How many rows were deleted, or would be. */
export interface Deleted {
  /** By the place of the rule that says so. */
  readonly events: Readonly<Record<string, number>>
  readonly mails: number
  readonly timeline: number
  readonly agentTasks: number
  readonly onsite: number
}

export const NOTHING_DELETED: Deleted = {
  events: {},
  mails: 0,
  timeline: 0,
  agentTasks: 0,
  onsite: 0,
}

export const RUN_BEGINS: RetentionPosition = { part: 'events', after: 0 }

/** Before the first row of everything that can be walked over, in this order. */
const BEGINNINGS: readonly RetentionPosition[] = [
  RUN_BEGINS,
  { part: 'mails', after: 0 },
  { part: 'timeline', after: ['', 0, 0] },
  { part: 'agentTasks', after: '' },
  { part: 'onsite', after: '' },
]

/** Where to go on after the last row of a part; null: the plan deletes from no part behind it. */
export function nextPart(
  plan: RetentionPlan,
  { part }: RetentionPosition,
): RetentionPosition | null {
  const place = BEGINNINGS.findIndex((each) => each.part === part)
  return BEGINNINGS.slice(place + 1).find((each) => isWalked(plan, each)) ?? null
}

/** Whether the plan deletes anything from this part. */
export const isWalked = (
  { named, others, ...terms }: RetentionPlan,
  { part }: RetentionPosition,
): boolean =>
  part === 'events' ? others !== null || Object.keys(named).length > 0 : terms[`${part}Ms`] !== null

export function addDeleted(one: Deleted, other: Deleted): Deleted {
  const events: Record<string, number> = { ...one.events }
  for (const [rule, count] of Object.entries(other.events))
    events[rule] = (events[rule] ?? 0) + count
  return {
    events,
    mails: one.mails + other.mails,
    timeline: one.timeline + other.timeline,
    agentTasks: one.agentTasks + other.agentTasks,
    onsite: one.onsite + other.onsite,
  }
}
