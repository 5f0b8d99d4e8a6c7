import type { MailTracking } from '../domain/feedback/tracked-html.ts'
import { signConfirmLink, type ConfirmSubject } from '../platform/confirm-link.ts'
import { signLink, type LinkSubject } from '../platform/preference-link.ts'
import { signClicked, signOpened } from '../platform/tracking-link.ts'

/** Longer ones are left alone: mail programs cut them. */
const TRACKED_URL_LENGTH_MAX = 1_000

export interface LinkSettings {
  readonly secret: string
  /** What links begin with. Undefined: `ownUrl`. */
  readonly publicUrl: string | undefined
  /** Where this deployment listens. A server that picks its own port knows once it does. */
  readonly ownUrl: string | Promise<string>
  /** Whether opens and clicks are told by links of ours. */
  readonly tracksMails?: boolean
}

/** Writes the links that messages carry, as the API reads them: preference page, confirmation page, opens and clicks. */
export function createLinkWriters({
  secret,
  publicUrl,
  ownUrl,
  tracksMails = false,
}: LinkSettings) {
  const begin = async (): Promise<string> => publicUrl ?? (await ownUrl)
  return {
    unsubscribeUrl: async (subject: LinkSubject): Promise<string> =>
      `${await begin()}/u/${signLink(subject, secret)}`,
    confirmUrl: async (subject: ConfirmSubject): Promise<string> =>
      `${await begin()}/c/${signConfirmLink(subject, secret)}`,
    ...(tracksMails
      ? { trackingOf: async (deliveryId: string) => tracking(await begin(), deliveryId, secret) }
      : {}),
  }
}

/** As `api/routes/tracking.ts` reads it. What leads to us anyway stays as it is. */
const tracking = (base: string, deliveryId: string, secret: string): MailTracking => ({
  pixelUrl: `${base}/t/o/${signOpened(deliveryId, secret)}.gif`,
  linkTo: (url, index) =>
    url.startsWith(`${base}/`) || url.length > TRACKED_URL_LENGTH_MAX
      ? undefined
      : `${base}/t/c/${signClicked({ deliveryId, index, url }, secret)}`,
})
