import { readToken, signToken } from './signed-token.ts'

/** A link of a mail: the delivery that it came with, which of its links it was, and where it led. */
export interface ClickSubject {
  readonly deliveryId: string
  readonly index: number
  readonly url: string
}

const OPENED = 'mail-opened'
const CLICKED = 'mail-clicked'

/** The token of the picture in a mail. It never expires: nor does the mail. */
export const signOpened = (deliveryId: string, secret: string): string =>
  signToken(OPENED, [deliveryId], secret)

/** The delivery that a token of `signOpened` names; undefined for any other text. */
export function readOpened(token: string, secret: string): string | undefined {
  const [deliveryId] = (readToken(OPENED, token, secret) ?? []) as [string?]
  return deliveryId
}

/** The token of one link. The address is signed with it, so that it leads where the mail did and nowhere else. */
export const signClicked = ({ deliveryId, index, url }: ClickSubject, secret: string): string =>
  signToken(CLICKED, [deliveryId, index, url], secret)

/** What a token of `signClicked` stands for; undefined for any other text. */
export function readClicked(token: string, secret: string): ClickSubject | undefined {
  const values = readToken(CLICKED, token, secret)
  if (values === undefined) return undefined
  const [deliveryId, index, url] = values as [string, number, string]
  return { deliveryId, index, url }
}
