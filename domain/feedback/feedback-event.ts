import type { JsonObject } from '../json.ts'
import type { Bounce, Complaint } from './feedback.ts'
import { machineReason, type Visit } from './machine-visit.ts'

/** Something that came back about one delivery. */
export type DeliveryFeedback = Bounce | Complaint | Opened | Clicked

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
  readonly name: string
  /** The same for a repeat, which so counts once. */
  readonly messageId: string
  readonly properties: JsonObject
  /** What is noted on the delivery; null: nothing. */
  readonly marks: 'bounced' | 'complained' | 'opened' | 'machine_opened' | 'clicked' | null
  /** Why the address is not to be used any more; null: it may be. */
  readonly blocks: 'hardBounce' | 'spamComplaint' | null
}

const PERSON_EVENTS = ['Email Opened', 'Email Link Clicked'] as const
/** Names of their own, so that whoever counts what people did counts nobody else. */
export const MACHINE_EVENTS = ['Email Opened by Machine', 'Email Link Clicked by Machine'] as const

/** The event that says what came back. `nowMs` is on the customer's clock. */
export function feedbackEvent(
  feedback: DeliveryFeedback,
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
