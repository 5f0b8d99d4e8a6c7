import { signLink, type LinkSubject } from '../platform/preference-link.ts'

export interface LinkSettings {
  readonly secret: string
  /** What links begin with. Undefined: `ownUrl`. */
  readonly publicUrl: string | undefined
  /** Where this deployment listens. A server that picks its own port knows once it does. */
  readonly ownUrl: string | Promise<string>
}

/** Writes the links that messages carry, as the preference page reads them. */
export const createLinkWriter =
  ({ secret, publicUrl, ownUrl }: LinkSettings) =>
  async (subject: LinkSubject): Promise<string> =>
    `${publicUrl ?? (await ownUrl)}/u/${signLink(subject, secret)}`
