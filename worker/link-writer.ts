import { signConfirmLink, type ConfirmSubject } from '../platform/confirm-link.ts'
import { signLink, type LinkSubject } from '../platform/preference-link.ts'

export interface LinkSettings {
  readonly secret: string
  /** What links begin with. Undefined: `ownUrl`. */
  readonly publicUrl: string | undefined
  /** Where this deployment listens. A server that picks its own port knows once it does. */
  readonly ownUrl: string | Promise<string>
}

/** Writes the links that messages carry, as the preference page and the confirmation page read them. */
export function createLinkWriters({ secret, publicUrl, ownUrl }: LinkSettings) {
  const begin = async (): Promise<string> => publicUrl ?? (await ownUrl)
  return {
    unsubscribeUrl: async (subject: LinkSubject): Promise<string> =>
      `${await begin()}/u/${signLink(subject, secret)}`,
    confirmUrl: async (subject: ConfirmSubject): Promise<string> =>
      `${await begin()}/c/${signConfirmLink(subject, secret)}`,
  }
}
