import { createHmac, timingSafeEqual } from 'node:crypto'

/** Whose consent a link is about, and the delivery that it came with. */
export interface LinkSubject {
  readonly customerId: string
  readonly purpose: string
  readonly channel: string
  readonly deliveryId: string
}

/** Whatever else the secret comes to sign must not pass for a link. */
const SIGNED_AS = 'preference-link:'

/** The token that leads to `subject`. It holds ids and names of ours, and never expires: so does no mail. */
export function signLink(
  { customerId, purpose, channel, deliveryId }: LinkSubject,
  secret: string,
): string {
  const payload = Buffer.from(JSON.stringify([customerId, purpose, channel, deliveryId])).toString(
    'base64url',
  )
  return `${payload}.${signatureOf(payload, secret)}`
}

/** What a token of `signLink` leads to; undefined for any other text. */
export function readLink(token: string, secret: string): LinkSubject | undefined {
  const [payload = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0) return undefined
  // The texts are compared, since several texts stand for the same bytes.
  const expected = Buffer.from(signatureOf(payload, secret))
  const given = Buffer.from(signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const [customerId, purpose, channel, deliveryId] = JSON.parse(
    Buffer.from(payload, 'base64url').toString(),
  ) as [string, string, string, string]
  return { customerId, purpose, channel, deliveryId }
}

function signatureOf(payload: string, secret: string): string {
  return createHmac('sha256', secret).update(`${SIGNED_AS}${payload}`).digest('base64url')
}
