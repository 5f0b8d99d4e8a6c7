import { capUses, counts, reachMs, type CapUse } from '../contact/caps.ts'
import { knownZone } from '../contact/customer-zone.ts'
import {
  fatigueUses,
  messagesNeeded,
  pastOf,
  unansweredOf,
  type FatigueUse,
} from '../contact/fatigue.ts'
import type { Cap, ContactRules, FatigueRule } from '../contact/policy.ts'
import { CONTACTS_MAX, type Contact, type CustomerState, type Facts } from './customer-state.ts'
import type { Loaded, SendOutcome } from './inputs.ts'
import { patch, type Turn } from './turn.ts'

/**
 * What counts for caps: a place is reserved at the verdict, and confirmed or released by the outcome.
 *
 * I1  A message that may have gone out, or may still go out, counts.
 * I2  Whatever comes twice, or late, changes nothing: a place belongs to one try of one delivery.
 * I3  One that is on its way counts as if it went out now, however long that takes.
 */

const DAY_MS = 86_400_000
/** Kept so long whatever the caps of today say: tomorrow's may look back a month. */
const KEPT_MS = 32 * DAY_MS
/** A send of a run that is gone has its outcome soon, unless the actor was ended by force meanwhile. */
const STRAY_MS = 4 * DAY_MS

/** Of an actor's state, what says how much of a cap is used. */
export type CapState = Pick<CustomerState, 'contacts' | 'runs' | 'zone'>

/** The same with what says when the customer last reacted. */
export type ContactState = CapState & { readonly facts: Pick<Facts, 'counters'> }

/** Where the customer stands with each rule of fatigue at an instant. */
export function fatigueOf(
  state: ContactState,
  contact: ContactRules | undefined,
  nowMs: number,
): FatigueUse[] {
  const contacts = countedContacts({ state, nowMs }, '')
  return fatigueUses(contact?.fatigue ?? [], contacts, state.facts.counters, nowMs)
}

/** How much of each cap is used at an instant. */
export function capsUsed(
  state: CapState,
  contact: ContactRules | undefined,
  nowMs: number,
): CapUse[] {
  if (contact === undefined) return []
  const contacts = countedContacts({ state, nowMs }, '')
  return capUses({ contacts, zone: knownZone(state.zone) }, contact, nowMs)
}

/** What counts besides the delivery that is judged, by the instant at which it counts. */
export function countedContacts(
  { state, nowMs }: { readonly state: CapState; readonly nowMs: number },
  except: string,
): Contact[] {
  return state.contacts
    .filter(({ key }) => key !== except)
    .map((contact) => ({ ...contact, atMs: countedAtMs(state, contact, nowMs) }))
}

/** Takes a place for one try of a delivery. What an earlier try left in doubt stays in mind. */
export function reserve(
  turn: Turn,
  place: Pick<Contact, 'key' | 'channel' | 'class' | 'journey'>,
  attempt: number,
): void {
  const { nowMs } = turn
  const before = turn.state.contacts.find(({ key }) => key === place.key)
  const doubtAtMs = before?.open === undefined ? before?.atMs : before.doubtAtMs
  keep(turn, place.key, {
    ...place,
    atMs: nowMs,
    open: attempt,
    ...(doubtAtMs === undefined ? {} : { doubtAtMs }),
  })
}

/** Counts what has happened already, and is not to be confirmed. */
export const count = (turn: Turn, contact: Contact): void => keep(turn, contact.key, contact)

/** Counts what another customer was sent who has become part of this one, each delivery once. */
export function uniteContacts(turn: Turn, theirs: readonly Contact[]): void {
  const known = new Set(turn.state.contacts.map(({ key }) => key))
  const all = [...turn.state.contacts, ...theirs.filter(({ key }) => !known.has(key))]
  patch(turn, {
    contacts: withoutOld(
      turn,
      all.toSorted((a, b) => a.atMs - b.atMs),
    ),
  })
}

/**
 * Takes in what went out before rules of fatigue asked for it; what is known of a delivery already
 * stays. Afterwards the past of every rule in force is there, and what comes is kept for it.
 */
export function recall(turn: Turn, { contacts = [] }: Pick<Loaded, 'contacts'>): void {
  const { recalled: before, ...state } = turn.state
  const pasts = (turn.rules.book?.contact?.fatigue ?? []).map(pastOf)
  if (before === undefined && pasts.length === 0) return
  turn.state = pasts.length === 0 ? state : { ...state, recalled: pasts }
  uniteContacts(turn, contacts)
}

/** Confirms or releases a place. Answers whether there is more room now. */
export function settle(
  turn: Turn,
  deliveryId: string,
  attempt: number,
  outcome: SendOutcome,
): boolean {
  const contact = turn.state.contacts.find(({ key }) => key === deliveryId)
  if (contact?.open !== attempt) return false
  const { open: _open, doubtAtMs, ...place } = contact
  const goneAtMs = goneAt(outcome, turn.nowMs) ?? doubtAtMs
  keep(turn, deliveryId, goneAtMs === undefined ? null : { ...place, atMs: goneAtMs })
  return goneAtMs === undefined
}

/** When the message went out or may have; undefined where it certainly did not. */
function goneAt(outcome: SendOutcome, nowMs: number): number | undefined {
  switch (outcome.type) {
    case 'sent':
      return outcome.atMs
    // Somebody of a control group lives by the same caps as those who get the message.
    case 'muted':
    case 'unknown':
      return nowMs
    case 'retryAt':
    case 'withdrawn':
    case 'refused':
    case 'dropped':
    case 'held':
    case 'parked':
    case 'stale':
      return outcome.inDoubt === true ? nowMs : undefined
  }
}

function countedAtMs(state: CapState, { key, atMs, open }: Contact, nowMs: number): number {
  if (open === undefined) return atMs
  const isAwaited = state.runs.some(
    ({ wait }) => wait?.type === 'send' && wait.send.deliveryId === key,
  )
  return isAwaited ? nowMs : Math.min(nowMs, atMs + STRAY_MS)
}

function keep(turn: Turn, key: string, contact: Contact | null): void {
  const others = turn.state.contacts.filter((each) => each.key !== key)
  const all = contact === null ? others : [...others, contact]
  const contacts = withoutOld(
    turn,
    all.toSorted((a, b) => a.atMs - b.atMs),
  )
  patch(turn, { contacts })
}

/** Forgets what no cap can count any more; where there are too many, first what none needs. */
function withoutOld({ state, rules, nowMs }: Turn, contacts: readonly Contact[]): Contact[] {
  const { caps = [], fatigue = [] } = rules.book?.contact ?? {}
  const keptMs = Math.max(KEPT_MS, ...caps.map(reachMs))
  const { counters } = state.facts
  const unanswered = new Set(
    fatigue.flatMap((rule) => lastUnanswered(rule, unansweredOf(rule, contacts, counters, nowMs))),
  )
  const recent = contacts.filter(
    (contact) => unanswered.has(contact) || countedAtMs(state, contact, nowMs) + keptMs > nowMs,
  )
  let tooMany = recent.length - CONTACTS_MAX
  if (tooMany <= 0) return recent
  const needed = new Set([...unanswered, ...caps.flatMap((cap) => neededBy(cap, recent))])
  return recent.filter(
    (contact) => needed.has(contact) || contact.open !== undefined || tooMany-- <= 0,
  )
}

/** However long ago: nobody says when they will react. */
const lastUnanswered = (rule: FatigueRule, contacts: readonly Contact[]): readonly Contact[] =>
  contacts.slice(Math.max(0, contacts.length - messagesNeeded(rule)))

/** A cap that finds its newest `max` full needs none before them. */
function neededBy(cap: Cap, contacts: readonly Contact[]): readonly Contact[] {
  const counted = contacts.filter((contact) => counts(cap, contact))
  return counted.slice(Math.max(0, counted.length - cap.max))
}
