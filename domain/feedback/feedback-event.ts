import type { JsonObject } from '../json.ts'
import type { ChannelName } from '../journeys/values.ts'
import type { Arrived, Bounce, Complaint, Missed } from './feedback.ts'
import { machineReason, type Visit } from './machine-visit.ts'

/** Something that came back about one delivery. */
export type DeliveryFeedback = MailFeedback | Arrived | Missed

/** What comes back of mails. */
export type MailFeedback = Bounce | Complaint | Opened | Clicked

export interface Opened {
  readonly kind: 'open'
  readonly visit: Omit<Visit, 'sinceSentMs'>
}

export interface Clicked {
  readonly kind: 'click'
  readonly visit: Omit<Visit, 'sinceSentMs'>
  /** Which link of the mail. */
  readonly index: number
  readonly url: string
}

/** The delivery that it is about. */
export interface FeedbackSubject {
  readonly deliveryId: string
  readonly channel: ChannelName
  readonly journey: string
  readonly version: number
  readonly step: string
  readonly message: string
  /** Where it was sent. */
  readonly to: string
  readonly sentAtMs: number
}

/** What is made of it: an event of the customer, under the name and members that Segment gives it. */
export interface FeedbackEvent {
  /** Null: it is noted on the delivery, and goes into no log. */
  readonly name: string | null
  /** The same for a repeat, which so counts once. */
  readonly messageId: string
  readonly properties: JsonObject
  /** What is noted on the delivery; null: nothing. */
  readonly marks:
    | 'delivered'
    | 'bounced'
    | 'complained'
    | 'opened'
    | 'machine_opened'
    | 'clicked'
    | null
  /** Where it was sent, as far as this is about it: one device of several. */
  readonly address: string
  /** Why that address is not to be used any more; null: it may be. */
  readonly blocks: string | null
}

const PERSON_EVENTS = ['Email Opened', 'Email Link Clicked'] as const
/** Names of their own, so that whoever counts what people did counts nobody else. */
export const MACHINE_EVENTS = ['Email Opened by Machine', 'Email Link Clicked by Machine'] as const

/** The event that says what came back of a mail. `nowMs` is on the customer's clock. */
export function feedbackEvent(
  feedback: MailFeedback,
  subject: FeedbackSubject,
  nowMs: number,
): FeedbackEvent {
  const { deliveryId, journey, version, step, message, to } = subject
  const about = { email_id: deliveryId, journey, version, step, message }
  const made = (
    name: string,
    what: string,
    properties: JsonObject,
    marks: FeedbackEvent['marks'],
    blocks: FeedbackEvent['blocks'] = null,
  ): FeedbackEvent => ({
    name,
    messageId: `feedback:${deliveryId}:${what}`,
    properties: { ...about, ...properties },
    marks,
    address: to,
    blocks,
  })
  if (feedback.kind === 'bounce') {
    const { permanent, status } = feedback
    const type = permanent ? 'hard' : 'soft'
    const blocks = permanent ? 'hardBounce' : null
    return made('Email Bounced', `bounce:${type}`, { email: to, type, status }, 'bounced', blocks)
  }
  if (feedback.kind === 'complaint') {
    const { feedbackType } = feedback
    const properties = { email: to, feedback_type: feedbackType }
    return made('Email Marked as Spam', 'complaint', properties, 'complained', 'spamComplaint')
  }
  const reason = machineReason({ ...feedback.visit, sinceSentMs: nowMs - subject.sentAtMs })
  const isPerson = reason === null
  const who = isPerson ? 'person' : 'machine'
  const [openedName, clickedName] = isPerson ? PERSON_EVENTS : MACHINE_EVENTS
  const by = isPerson ? {} : { machine_reason: reason }
  if (feedback.kind === 'open')
    return made(openedName, `open:${who}`, by, isPerson ? 'opened' : 'machine_opened')
  const { index, url } = feedback
  const link = { link_id: index, link_url: url }
  return made(clickedName, `click:${index}:${who}`, { ...by, ...link }, isPerson ? 'clicked' : null)
}
