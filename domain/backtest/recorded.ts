import type { Profile } from '../customers/fact-change.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { Touchpoint } from '../touchpoints/touchpoint.ts'

/** One line of a file of events. */
export interface RecordedEvent extends Touchpoint {
  readonly userId: string
  readonly event: string
  /** RFC 3339 with an offset. */
  readonly timestamp: string
  readonly properties: JsonObject
  /** Puts events of one instant in order; where there is none, their names and contents do. */
  readonly messageId?: string
}

/** One row of what a customer did, said or agreed to, as it was recorded. */
export type RecordedRow =
  | {
      readonly type: 'event'
      /** The name that rules know it by; null where it only tells who the customer is. */
      readonly name: string | null
      /** When it takes effect: for an import when it happened, else when it was received. */
      readonly atMs: number
      readonly occurredAtMs: number
      readonly properties: JsonObject
      /** Who said it. */
      readonly source: string
      /** Where it came from. Absent: nobody said. */
      readonly touchpoint?: Touchpoint
      /** What it says about the customer: merged into the traits. */
      readonly said: JsonObject
      readonly deviceZone: JsonValue | undefined
      /** It names a user, not only an anonymous visitor. */
      readonly namesUser: boolean
    }
  | {
      readonly type: 'consent'
      readonly atMs: number
      readonly purpose: string
      readonly channel: string
      readonly granted: boolean
    }

/** A customer with everything that was recorded, in order of `atMs`. */
export interface RecordedCustomer {
  readonly customerId: string
  /** As it was before the first row. */
  readonly profile: Profile
  readonly rows: readonly RecordedRow[]
}

/** What is taken as given where nothing is recorded. */
export interface Assumptions {
  /** Granted by everybody of whom nothing is recorded for that purpose and channel. */
  readonly consents?: readonly { readonly purpose: string; readonly channel: string }[]
  /** Channels by which everybody can be reached whose address is not known. */
  readonly channels?: readonly 'email'[]
}
