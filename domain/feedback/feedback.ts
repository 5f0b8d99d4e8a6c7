/** What a mail server or a mailbox provider says about a message of ours. */
export type Feedback = Bounce | Complaint | Notice

/** It was not delivered, and nobody tries any more. */
export interface Bounce {
  readonly kind: 'bounce'
  /** Nothing will ever be delivered there. False: this message was not, for a reason that may pass. */
  readonly permanent: boolean
  /** RFC 3463. `5.0.0` where nothing more is said. */
  readonly status: string
  /** As the report names it; null where it does not. Who is meant is decided by the return address alone. */
  readonly recipient: string | null
}

/** The person told their provider that it is not welcome. */
export interface Complaint {
  readonly kind: 'complaint'
  /** RFC 5965: `abuse`, `fraud`, `opt-out` … */
  readonly feedbackType: string
}

/** Understood, and nothing follows from it. */
export interface Notice {
  readonly kind: 'notice'
  readonly about: 'delay' | 'delivery' | 'auto-reply' | 'not-spam' | 'authentication'
}

/** A provider of SMS or push says that it got there. */
export interface Arrived {
  readonly kind: 'delivered'
  /** Of a notification: at which device. */
  readonly device?: ReportedDevice
}

/** A provider of SMS or push says that it did not get there, and that nobody tries any more. */
export interface Missed {
  readonly kind: 'undelivered'
  /** Nothing will ever be delivered there. False: this message was not, for a reason that may pass. */
  readonly permanent: boolean
  /** A code such as `twilio_30005`, as the reasons of sends are. */
  readonly reason: string
  /** Of a notification: at which device. */
  readonly device?: ReportedDevice
}

export interface ReportedDevice {
  readonly token: string
  /** What the provider knows this one notification at this one device by. */
  readonly ticketId: string
}

/** A mail taken apart, as far as a report can be told by it. */
export interface ReportMail {
  readonly from: string
  readonly subject: string
  /** `Auto-Submitted`, RFC 3834. */
  readonly autoSubmitted: string | null
  /** What stands there for people. */
  readonly text: string
  /** All other parts, in their order. */
  readonly parts: readonly ReportPart[]
}

export interface ReportPart {
  /** `message/delivery-status`, in small letters. */
  readonly type: string
  readonly text: string
}
