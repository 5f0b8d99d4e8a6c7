import { readToken, signToken } from './signed-token.ts'

/** The request that a link confirms, and until when. */
export interface ConfirmSubject {
  readonly requestId: string
  /** On the customer's clock. */
  readonly expiresAtMs: number
}

const SIGNED_AS = 'confirm-link'

/** The token that confirms a request. It holds a random id of ours and an instant, and nothing of the person. */
export const signConfirmLink = (
  { requestId, expiresAtMs }: ConfirmSubject,
  secret: string,
): string => signToken(SIGNED_AS, [requestId, expiresAtMs], secret)

/** What a token of `signConfirmLink` confirms; undefined for any other text. */
export function readConfirmLink(token: string, secret: string): ConfirmSubject | undefined {
  const values = readToken(SIGNED_AS, token, secret)
  if (values === undefined) return undefined
  const [requestId, expiresAtMs] = values as [string, number]
  return { requestId, expiresAtMs }
}
