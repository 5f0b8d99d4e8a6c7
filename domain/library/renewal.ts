/** What a renewal published: of a journey, of a message of the library, or of the contact policy. */
export interface RenewedVersion {
  readonly kind: RenewedKind
  /** That of the contact policy, of which there is one: `contact-policy`. */
  readonly key: string
  /** The version before it, and the one that took its place. */
  readonly from: number
  readonly to: number
  readonly fromHash: string
  readonly toHash: string
  /** Takes the people inside a journey along. */
  readonly migrationId?: string
}

export type RenewedKind = 'journey' | 'message' | 'contact-policy'
