import type { CustomerState } from '../actor/customer-state.ts'
import type { BatchItem } from '../actor/inputs.ts'
import { itemsOf } from '../actor/log-items.ts'
import { newCustomer } from '../actor/new-customer.ts'
import { currentFacts, type Profile } from '../customers/fact-change.ts'
import { DEFAULT_TRAIT_RULES } from '../customers/golden-record.ts'
import { hearEvent, type KnownProfile } from '../customers/hear-event.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import { assumedConsents, assumedProfile, withConsent } from './assumptions.ts'
import type { Window } from './plan.ts'
import type { Assumptions, RecordedCustomer, RecordedRow } from './recorded.ts'

/** What one actor is told in a backtest. */
export interface RecordedLife {
  readonly actor: CustomerState
  /** Told at once and first, as history: changes facts and lifecycle, starts and sends nothing. */
  readonly past: readonly BatchItem[]
  /** What happens in the window, in order. */
  readonly items: readonly BatchItem[]
}

/**
 * A recorded customer as an actor under this book would hear of it, by the same filter and with the
 * same facts as ingest would tell. What lies before the window is told an instant before it: counts
 * and lifecycle depend on when things occurred, not on when an actor learns of them.
 *
 * Null where the actor hears of nothing.
 */
export function recordedLife(
  customer: RecordedCustomer,
  book: RuleBook,
  { fromMs, toMs }: Window,
  assume: Assumptions,
): RecordedLife | null {
  const heard = new Listener(assumedProfile(customer, assume), book)
  const rows = customer.rows.filter(({ atMs }) => atMs < toMs)
  const firstInside = rows.findIndex(({ atMs }) => atMs >= fromMs)
  const pastRows = firstInside === -1 ? rows : rows.slice(0, firstInside)

  let consents = assumedConsents(customer, assume)
  for (const row of pastRows) if (row.type === 'consent') consents = withConsent(consents, row)
  const history = pastRows.flatMap((row, index) => heard.tell(row, index + 1))
  const atMs = fromMs - 1
  const past = heard.isBegun ? [heard.introduce(atMs), ...history.flatMap(asHistory(atMs))] : []
  const begunBefore = heard.first
  const items = rows
    .slice(pastRows.length)
    .flatMap((row, index) => heard.tell(row, pastRows.length + index + 1))
  const newcomer = begunBefore === null ? heard.first : heard.introduced
  if (newcomer === null) return null
  const startsAtMs = past.length > 0 ? atMs : (items[0]?.receivedAtMs ?? fromMs)
  const { known, zone } = newcomer
  const actor = newCustomer(
    { customerId: customer.customerId, test: false, zone, known },
    startsAtMs,
  )
  return { actor: { ...actor, consents }, past, items }
}

/** Tells rows to an actor as ingest does, and keeps what it knows of the customer meanwhile. */
class Listener {
  /** The profile as it was when the actor first heard of the customer. */
  first: KnownProfile | null = null
  introduced: KnownProfile | null = null
  #profile: KnownProfile
  readonly #book: RuleBook

  constructor(profile: Profile, book: RuleBook) {
    // What no row told is older than what rows tell.
    this.#profile = { ...profile, origins: {}, unheard: true }
    this.#book = book
  }

  get isBegun(): boolean {
    return this.first !== null
  }

  /** What the actor hears of one row. */
  tell(row: RecordedRow, seq: number): BatchItem[] {
    const wasUnheard = this.#profile.unheard
    const items = row.type === 'consent' ? this.#tellConsent(row, seq) : this.#tellEvent(row, seq)
    if (wasUnheard && !this.#profile.unheard) this.first = this.#profile
    return items
  }

  /** All that is known of the customer by now, as history. */
  introduce(atMs: number): BatchItem {
    this.introduced = this.#profile
    return {
      type: 'event',
      seq: 0,
      name: '',
      occurredAtMs: atMs,
      receivedAtMs: atMs,
      historical: true,
      properties: {},
      facts: currentFacts(this.#profile, this.#book),
    }
  }

  #tellEvent(row: Extract<RecordedRow, { type: 'event' }>, seq: number): BatchItem[] {
    const { passes, facts, after } = hearEvent(this.#profile, row, this.#book, DEFAULT_TRAIT_RULES)
    this.#profile = after
    if (!passes) return []
    const { name, properties, occurredAtMs, atMs } = row
    const logged = { seq, type: 'track', name, properties, payload: null, facts, historical: false }
    return itemsOf({ ...logged, ...row.touchpoint, occurredAtMs, receivedAtMs: atMs }, this.#book)
  }

  #tellConsent(row: Extract<RecordedRow, { type: 'consent' }>, seq: number): BatchItem[] {
    const { type, atMs, purpose, channel, granted } = row
    const facts = this.#profile.unheard ? currentFacts(this.#profile, this.#book) : null
    this.#profile = { ...this.#profile, unheard: false }
    const said: BatchItem = { type, seq, receivedAtMs: atMs, purpose, channel, granted }
    return facts === null ? [said] : [{ type: 'facts', seq, receivedAtMs: atMs, facts }, said]
  }
}

/** Events only, told at that instant: consents are in force already, facts come with the introduction. */
const asHistory =
  (atMs: number) =>
  (item: BatchItem): BatchItem[] => {
    if (item.type !== 'event') return []
    const { facts: _introduced, ...event } = item
    return [{ ...event, receivedAtMs: atMs, historical: true }]
  }
