/** What a renewal published: of a journey, or of a message of the library. */
export interface RenewedVersion {
  readonly kind: RenewedKind
  readonly key: string
  /** The version before it, and the one that took its place. */
  readonly from: number
  readonly to: number
  readonly fromHash: string
  readonly toHash: string
  /** Takes the people inside a journey along. */
  readonly migrationId?: string
}

export type RenewedKind = 'journey' | 'message'
