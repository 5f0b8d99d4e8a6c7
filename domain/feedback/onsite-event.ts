import type { Content } from '../channels/channel-spec.ts'
import type { JsonObject } from '../json.ts'

/** What somebody who visits a page does about a message, as the page tells it. */
export const ONSITE_ACTS = ['view', 'click', 'dismissal'] as const
export type OnsiteAct = (typeof ONSITE_ACTS)[number]

/** The message that it is about. */
export interface OnsiteSubject {
  readonly deliveryId: string
  readonly journey: string
  readonly version: number
  readonly step: string
  readonly message: string
  readonly content: Content<'onsite'>
  readonly isViewed: boolean
}

interface OnsiteEvent {
  readonly name: string
  /** The same for a repeat, which so counts once. */
  readonly messageId: string
  readonly properties: JsonObject
}

const NAMES: Readonly<Record<OnsiteAct | 'expiry', string>> = {
  view: 'Onsite Viewed',
  click: 'Onsite Clicked',
  dismissal: 'Onsite Dismissed',
  expiry: 'Onsite Expired',
}

/** The event of the customer that says what came of a message on a page. */
export function onsiteEvent(
  what: OnsiteAct | 'expiry',
  { deliveryId, content: { kind, link }, isViewed, ...subject }: OnsiteSubject,
): OnsiteEvent {
  const { journey, version, step, message } = subject
  return {
    name: NAMES[what],
    messageId: `onsite:${deliveryId}:${what}`,
    properties: {
      delivery_id: deliveryId,
      journey,
      version,
      step,
      message,
      kind,
      ...(what === 'click' && link !== undefined ? { link } : {}),
      ...(what === 'expiry' ? { viewed: isViewed } : {}),
    },
  }
}
