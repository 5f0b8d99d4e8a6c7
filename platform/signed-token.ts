import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * A text that holds `values` and needs no escaping in an address. Only who knows the secret can make
 * one; whatever is signed as something else does not pass for it.
 */
export function signToken(
  signedAs: string,
  values: readonly (string | number)[],
  secret: string,
): string {
  const payload = Buffer.from(JSON.stringify(values)).toString('base64url')
  return `${payload}.${signatureOf(signedAs, payload, secret)}`
}

/** The values of a token of `signToken`; undefined for any other text. */
export function readToken(
  signedAs: string,
  token: string,
  secret: string,
): readonly unknown[] | undefined {
  const [payload = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0) return undefined
  // The texts are compared, since several texts stand for the same bytes.
  const expected = Buffer.from(signatureOf(signedAs, payload, secret))
  const given = Buffer.from(signature)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown[]
}

function signatureOf(signedAs: string, payload: string, secret: string): string {
  return createHmac('sha256', secret).update(`${signedAs}:${payload}`).digest('base64url')
}
