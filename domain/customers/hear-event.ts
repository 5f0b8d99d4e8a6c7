import type { FactChange } from '../actor/inputs.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { own } from '../own.ts'
import type { CompiledPlan } from '../tracking/compile-tracking-plan.ts'
import { cleanTraits, type CleanedTraits } from './clean-traits.ts'
import { currentFacts, factChange } from './fact-change.ts'
import {
  mergeTraitsWithOrigins,
  withReckoned,
  type GoldenProfile,
  type GoldenTraits,
  type TraitRules,
} from './golden-record.ts'
import { seenAtMs, TOUCHPOINTS_TRAIT, withTouchpoint } from '../touchpoints/seen-touchpoints.ts'
import type { Touchpoint } from '../touchpoints/touchpoint.ts'
import { profileZone } from './profile-zone.ts'

/** A profile, and whether an actor has heard of it. */
export interface KnownProfile extends GoldenProfile {
  /** No event of this customer was ever passed on: the first one must say what is known so far. */
  readonly unheard: boolean
}

/** An event as far as it decides whether an actor hears of it. */
export interface SpokenEvent {
  /** The name that rules know it by. */
  readonly name: string | null
  /** When it happened: of two values of a trait, see `golden-record.ts`. */
  readonly occurredAtMs: number
  /** Who said it. */
  readonly source: string
  /** What it says about the customer: as far as it can be read (`cleanTraits`), merged into the profile. */
  readonly said: JsonObject
  /** Of phone numbers of customers whose country nobody said. ISO 3166 alpha-2. */
  readonly defaultRegion?: string | undefined
  /** What the tracking plan says of traits. Absent: nothing. */
  readonly judgeTrait?: CompiledPlan['judgeTrait'] | undefined
  /** Traits that are reckoned from all that was heard, this event included. Absent: none. */
  readonly reckoned?: JsonObject | undefined
  /** Where it comes from. Absent: nobody said. */
  readonly touchpoint?: Touchpoint | undefined
  /** The clock of the device that sent it. */
  readonly deviceZone: JsonValue | undefined
  /** Whether there is a device to push to, after it. Absent: it says nothing of devices. */
  readonly hasDevice?: boolean | undefined
  /** It names a user, not only an anonymous visitor. */
  readonly namesUser: boolean
}

export interface HeardEvent<P extends KnownProfile> {
  /** False: it is stored as `filtered` and no actor is woken. */
  readonly passes: boolean
  /** What the actor must learn with it. */
  readonly facts: FactChange | null
  /** The profile afterwards; `before` itself where nothing changed. */
  readonly after: P
  /** What is wrong with what it said, and what was good. */
  readonly judged: Pick<CleanedTraits, 'findings' | 'settled'>
}

/**
 * What one event makes of a profile, and whether the customer's actor hears of it.
 *
 * What it says is judged first: a value that cannot be read, or that the tracking plan forbids, changes nothing, and nobody hears of it. Nor
 * of one that by the rules of its trait does not hold, because it came late or from somebody less trusted.
 * It passes when a rule names it or when it changes a fact. A customer of whom no actor has heard
 * yet is not announced by becoming known or by a time zone alone: that rides, with all that is known
 * by then, on the first event that passes.
 */
export function hearEvent<P extends KnownProfile>(
  before: P,
  event: SpokenEvent,
  book: RuleBook,
  rules: TraitRules,
): HeardEvent<P> {
  const { said, defaultRegion, judgeTrait } = event
  const context = { before: before.traits, defaultRegion, judgeTrait }
  const { kept, ...judged } = cleanTraits(said, context)
  const profile = profileAfter(before, { ...event, said: kept }, rules)
  const change = profile === null ? null : factChange(before, profile, book)
  const isNamed = event.name !== null && Object.hasOwn(book.events, event.name)
  const passes = isNamed || (before.unheard ? speaksForItself(change) : change !== null)
  const facts = passes && before.unheard ? currentFacts(profile ?? before, book) : change
  const isFirst = passes && before.unheard
  return {
    passes,
    judged,
    facts: passes ? facts : null,
    after:
      profile === null && !isFirst
        ? before
        : { ...before, ...profile, unheard: before.unheard && !passes },
  }
}

const speaksForItself = (change: FactChange | null): boolean =>
  change?.traits !== undefined || change?.has !== undefined || change?.dates !== undefined

/** Traits after an event came over a touchpoint. Calls that only tell who somebody is come from systems, not from a person. */
function withSeen<P extends GoldenTraits>(before: P, touchpoint: Touchpoint, atMs: number): P {
  const seen = withTouchpoint(own(before.traits, TOUCHPOINTS_TRAIT), touchpoint, atMs)
  if (seen === null) return before
  return withReckoned(before, { [TOUCHPOINTS_TRAIT]: seen }, seenAtMs(seen))
}

/** Null where the event says nothing new. */
function profileAfter(
  before: GoldenProfile,
  {
    said,
    deviceZone,
    hasDevice = before.hasDevice,
    namesUser,
    occurredAtMs: atMs,
    source,
    reckoned = {},
    name,
    touchpoint = {},
  }: SpokenEvent,
  rules: TraitRules,
): GoldenProfile | null {
  const heard = withReckoned(
    mergeTraitsWithOrigins(before, said, { atMs, source }, rules),
    reckoned,
    atMs,
  )
  const { traits, origins } = withSeen(heard, name === null ? {} : touchpoint, atMs)
  const saysTraits = origins !== before.origins
  const known = before.known || namesUser
  const zone =
    saysTraits || typeof deviceZone === 'string'
      ? profileZone({
          zone: before.zone,
          before: before.traits,
          after: traits,
          deviceZone: typeof deviceZone === 'string' ? deviceZone : undefined,
        })
      : before.zone
  const isSame = known === before.known && zone === before.zone && hasDevice === before.hasDevice
  if (!saysTraits && isSame) return null
  return { traits, origins, known, zone, ...(hasDevice === undefined ? {} : { hasDevice }) }
}
