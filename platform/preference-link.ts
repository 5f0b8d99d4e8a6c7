import { readToken, signToken } from './signed-token.ts'

/** Whose consent a link is about, and the delivery that it came with. */
export interface LinkSubject {
  readonly customerId: string
  readonly purpose: string
  readonly channel: string
  readonly deliveryId: string
}

const SIGNED_AS = 'preference-link'

/** The token that leads to `subject`. It holds ids and names of ours, and never expires: so does no mail. */
export const signLink = (
  { customerId, purpose, channel, deliveryId }: LinkSubject,
  secret: string,
): string => signToken(SIGNED_AS, [customerId, purpose, channel, deliveryId], secret)

/** What a token of `signLink` leads to; undefined for any other text. */
export function readLink(token: string, secret: string): LinkSubject | undefined {
  const values = readToken(SIGNED_AS, token, secret)
  if (values === undefined) return undefined
  const [customerId, purpose, channel, deliveryId] = values as [string, string, string, string]
  return { customerId, purpose, channel, deliveryId }
}
