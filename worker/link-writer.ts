import { signLink, type LinkSubject } from '../platform/preference-link.ts'

export interface LinkSettings {
  readonly secret: string
  /** What links begin with. A server that picks its own port knows once it listens. */
  readonly baseUrl: string | Promise<string>
}

/** Writes the links that messages carry, as the preference page reads them. */
export const createLinkWriter =
  ({ secret, baseUrl }: LinkSettings) =>
  async (subject: LinkSubject): Promise<string> =>
    `${await baseUrl}/u/${signLink(subject, secret)}`
