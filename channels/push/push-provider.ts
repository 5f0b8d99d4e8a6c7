import type { PushContent } from '../../domain/journeys/journey.ts'

/** One notification to some devices of one customer. */
export interface PushRequest {
  readonly tokens: readonly string[]
  readonly content: PushContent
  /** A device that has shown a notification of this key shows the repeat in its place. */
  readonly idempotencyKey: string
  /** Of the device: what it may take in all. */
  readonly timeoutMs: number
}

/** What became of it at one device. */
export type PushAnswer =
  | {
      readonly type: 'sent'
      readonly providerId: string | null
      /** The provider knows later what became of it, by its id. */
      readonly isAskedLater?: boolean
    }
  /** The app is gone, or has another token by now. */
  | { readonly type: 'dead'; readonly reason: string; readonly detail?: string }
  | { readonly type: 'refused'; readonly reason: string; readonly detail?: string }
  | {
      readonly type: 'unavailable'
      readonly reason: string
      readonly detail?: string
      readonly afterMs?: number
    }

/** How one provider is asked: one answer for each token, in their order. */
export interface PushProvider {
  readonly push: (request: PushRequest) => Promise<PushAnswer[]>
}
