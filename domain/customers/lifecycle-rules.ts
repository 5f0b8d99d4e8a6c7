import type { LifecycleState } from '../journeys/journey.ts'
import type { IsoDuration } from '../journeys/values.ts'

/** Thresholds of the nine lifecycle states. Data, so that they can be published; see `lifecycle.ts`. */
export interface LifecycleRules {
  /** The event that counts as a purchase, and the property that holds its worth in major units. */
  readonly purchase: { readonly event: string; readonly value: string }
  /** Signs of life other than purchases. */
  readonly engagement: readonly string[]
  /** Events that make a customer registered. */
  readonly registration: readonly string[]
  /** `new` ends this long after the first sign of life. */
  readonly newFor: IsoDuration
  /** Silence after which a customer is `waiting`, `at_risk`, `lost`. */
  readonly waitingAfter: IsoDuration
  readonly atRiskAfter: IsoDuration
  readonly lostAfter: IsoDuration
  readonly repeater: { readonly purchases: number; readonly within: IsoDuration }
  readonly hero: {
    readonly purchases: number
    readonly within: IsoDuration
    /** Total worth of all purchases, major units. */
    readonly value: number
    /** A sign of life at most this long ago. */
    readonly engagedWithin: IsoDuration
  }
  /** Hysteresis: `hero` and `repeater` hold at least this long after their condition was last met. */
  readonly holdFor: IsoDuration
  /** A customer who is quiet for so long sleeps outside the engine: see `actor/hibernation.ts`. Absent: a day. */
  readonly hibernateAfter?: IsoDuration
  /** ISO 4217, what worth is in. Absent: nobody has said. */
  readonly currency?: string
  /** Which state wins where several fit: all nine, the first one first. Absent: `DEFAULT_PRIORITY`. */
  readonly priority?: readonly LifecycleState[]
  /** Of the document that these come from. Absent: nothing was published, these are the defaults. */
  readonly version?: number
  /** A state that changes because these rules came into force lets customers in like any other. */
  readonly triggersEntries?: true
}

/** Silence wins over what was earned, what was earned over what is merely known. */
export const DEFAULT_PRIORITY: readonly LifecycleState[] = [
  'ghost',
  'lost',
  'at_risk',
  'waiting',
  'hero',
  'repeater',
  'occasional',
  'new',
  'prospect',
]

/** The documented defaults, for a shop. Page views are left out on purpose: they would wake every actor at every click. */
export const DEFAULT_LIFECYCLE_RULES: LifecycleRules = {
  purchase: { event: 'Order Completed', value: 'revenue' },
  engagement: [
    'Product Viewed',
    'Product Added',
    'Cart Viewed',
    'Checkout Started',
    'Email Opened',
    'Email Link Clicked',
  ],
  registration: ['Signed Up'],
  newFor: 'P14D',
  waitingAfter: 'P30D',
  atRiskAfter: 'P90D',
  lostAfter: 'P180D',
  repeater: { purchases: 2, within: 'P365D' },
  hero: { purchases: 5, within: 'P365D', value: 500, engagedWithin: 'P60D' },
  holdFor: 'P30D',
}
