import type { Message } from '../domain/journeys/journey.ts'
import type { ChannelName } from '../domain/journeys/values.ts'

/** One rendered message, ready to go out. */
export interface Outgoing<Name extends ChannelName = ChannelName> {
  /** Passed to the provider wherever it takes one. Unique per message, customer and channel. */
  readonly idempotencyKey: string
  /** E-mail address, URL …, as the channel understands it. */
  readonly to: string
  /** Texts after Liquid. */
  readonly content: NonNullable<Message[Name]>
  /** Where one click ends what this message is of. Absent: it is of a kind that nobody unsubscribes from. */
  readonly unsubscribeUrl?: string
  /** The customer is a test customer: what receives the message can tell. */
  readonly test: boolean
}

/** Answers of a provider, each with what the caller may do next. Anything thrown is a bug of the adapter. */
export type ChannelAnswer =
  | ({
      readonly type: 'sent'
      readonly providerId: string | null
      /** What the provider can be asked about later: what became of it, one for each of several addresses. */
      readonly tickets?: readonly Ticket[]
    } & DeadAddresses)
  /** Permanent: the address or the message is at fault. */
  | ({ readonly type: 'refused' } & Trouble & DeadAddresses)
  /** Certainly not sent; may be tried again, not before `afterMs` where the provider says so. */
  | ({ readonly type: 'unavailable'; readonly afterMs?: number } & Trouble)
  /** The conversation broke after the message may have been taken. */
  | ({ readonly type: 'unknown' } & Trouble)

export interface Ticket {
  readonly ticketId: string
  /** The address that it is about. */
  readonly token: string
}

export interface Trouble {
  /** A code such as `smtp_550`. It reaches the engine, so it holds nothing that the provider wrote. */
  readonly reason: string
  /** What the provider wrote, which may name the customer. It stays in SQL. */
  readonly detail?: string
}

/** What the provider said of addresses, beside what became of the message. */
export interface DeadAddresses {
  /** Lead to nobody, now and later: they are not to be used again. */
  readonly dead?: readonly string[]
}

/** A way to reach a customer. One folder per channel; all run `channel.cases.ts`. */
export interface Channel<Name extends ChannelName = ChannelName> {
  readonly name: Name
  /** Whether the provider drops repeats of an idempotency key by itself. SMTP does not. */
  readonly takesIdempotencyKey: boolean
  /**
   * Sends that it carries on at once. Whoever takes more makes them wait behind the gate, where a
   * withdrawn consent no longer stops them.
   */
  readonly concurrencyMax: number
  /** The domain that its messages are from, whose reputation is built up mail by mail. */
  readonly senderDomain?: string
  /** Ends within `timeoutMs`, always. */
  readonly send: (message: Outgoing<Name>, timeoutMs: number) => Promise<ChannelAnswer>
  /** Closes connections; nothing is sent afterwards. */
  readonly close: () => Promise<void>
}

/** Every channel that this deployment can use. */
export type Channels = { readonly [Name in ChannelName]: Channel<Name> }
