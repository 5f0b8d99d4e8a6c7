import { readToken, signToken } from './signed-token.ts'

const SIGNED_AS = 'onsite-message'

/** How a page names a message that it was given. It says nothing about the customer. */
export const signOnsite = (messageId: string, secret: string): string =>
  signToken(SIGNED_AS, [messageId], secret)

/** The message that a token of `signOnsite` names; undefined for any other text. */
export function readOnsite(token: string, secret: string): string | undefined {
  const [messageId] = (readToken(SIGNED_AS, token, secret) ?? []) as [string?]
  return messageId
}
