import type { Contact } from '../actor/customer-state.ts'
import { calendarPeriod, durationMs } from '../time.ts'
import { workspaceZone } from './customer-zone.ts'
import { stepAt, tires, unansweredOf } from './fatigue.ts'
import type { GateFacts } from './gate.ts'
import type { Cap, ContactRules, FatigueRule, OnCap } from './policy.ts'
import { isMeant } from './scope.ts'

/** What a cap that is full says of one more message. Null: it never has room. */
export interface Capped {
  readonly reason: string
  readonly answer: OnCap
  readonly freeAtMs: number | null
}

/** The milder an answer, the later it comes: what is skipped by one cap is not held by another. */
const STRICTEST_FIRST: readonly OnCap[] = ['skip', 'otherChannel', 'hold']

type CapFacts = Pick<
  GateFacts,
  'class' | 'channel' | 'journey' | 'contacts' | 'counters' | 'zone' | 'onCap'
>

/** What the caps that are full say together, those of fatigue among them; null where all have room. */
export function cappedBy(
  facts: CapFacts,
  rules: Pick<ContactRules, 'caps' | 'fatigue' | 'zone'>,
  atMs: number,
): Capped | null {
  const full = rules.caps.flatMap((cap): Capped[] => {
    if (!counts(cap, facts)) return []
    const { used, freeAtMs } = useOf(cap, facts, rules, atMs)
    if (used < cap.max) return []
    return [{ reason: `cap:${cap.name}`, answer: facts.onCap ?? cap.onCap ?? 'skip', freeAtMs }]
  })
  const tired = (rules.fatigue ?? []).flatMap((rule) => tiredBy(rule, facts, rules, atMs))
  return [...full, ...tired].toSorted(strictestFirst)[0] ?? null
}

/** What a rule of fatigue says of one more message, where it has something against it. */
function tiredBy(
  rule: FatigueRule,
  facts: CapFacts,
  rules: Pick<ContactRules, 'zone'>,
  atMs: number,
): Capped[] {
  if (!tires(rule, facts)) return []
  const contacts = unansweredOf(rule, facts.contacts, facts.counters, atMs)
  const step = stepAt(rule, contacts.length)
  if (step === undefined) return []
  const answer = facts.onCap ?? rule.onCap ?? 'skip'
  const full = { reason: `fatigue:${rule.name}`, answer }
  if ('stop' in step) return [{ ...full, freeAtMs: null }]
  const cap = { name: rule.name, max: step.max, window: step.per }
  const { used, freeAtMs } = useOf(cap, { ...facts, contacts }, rules, atMs)
  return used < step.max ? [] : [{ ...full, freeAtMs }]
}

/** How much of a cap a customer has used. */
export interface CapUse {
  readonly name: string
  readonly used: number
  readonly max: number
  /** When there is room again, where there is none: null if never. Of one with room: null. */
  readonly freeAtMs: number | null
}

/** How much of each cap is used by what went out, in the window that ends now. */
export const capUses = (
  facts: Pick<GateFacts, 'contacts' | 'zone'>,
  rules: Pick<ContactRules, 'caps' | 'zone'>,
  atMs: number,
): CapUse[] => rules.caps.map((cap) => useOf(cap, facts, rules, atMs))

function useOf(
  cap: Cap,
  facts: Pick<GateFacts, 'contacts' | 'zone'>,
  rules: Pick<ContactRules, 'zone'>,
  atMs: number,
): CapUse {
  const { leavesAtMs } = windowOf(cap, facts.zone ?? workspaceZone(rules), atMs)
  const leave = facts.contacts
    .filter((contact) => counts(cap, contact))
    .map(leavesAtMs)
    .filter((leftMs) => leftMs > atMs)
    .toSorted((a, b) => a - b)
  return {
    name: cap.name,
    used: leave.length,
    max: cap.max,
    freeAtMs: leave.length < cap.max ? null : (leave[leave.length - cap.max] ?? null),
  }
}

function strictestFirst(one: Capped, other: Capped): number {
  const byAnswer = STRICTEST_FIRST.indexOf(one.answer) - STRICTEST_FIRST.indexOf(other.answer)
  if (byAnswer !== 0 || one.freeAtMs === other.freeAtMs) return byAnswer
  return (other.freeAtMs ?? Infinity) - (one.freeAtMs ?? Infinity)
}

/** Whether a cap counts a message, or one that went out. */
export const counts = (
  cap: Cap,
  message: Pick<Contact, 'class' | 'channel' | 'journey'>,
): boolean => isMeant(cap, message) && cap.journeys?.includes(message.journey) !== false

/** How long a cap looks back at most. */
export const reachMs = ({ window }: Cap): number =>
  typeof window === 'string' ? durationMs(window) : CALENDAR_MS_MAX

/** The longest month, and a customer who travels. */
const CALENDAR_MS_MAX = 32 * 86_400_000

/** When a contact no longer counts: a rolling window goes on by itself, a period ends for all at once. */
function windowOf({ window }: Cap, zone: string, atMs: number) {
  if (typeof window === 'string') {
    const lengthMs = durationMs(window)
    return { leavesAtMs: (contact: Contact) => contact.atMs + lengthMs }
  }
  const { fromMs, untilMs } = calendarPeriod(atMs, window.calendar, zone)
  return { leavesAtMs: (contact: Contact) => (contact.atMs >= fromMs ? untilMs : fromMs) }
}
