/**
 * A 53-bit hash of a text, as 14 hex digits. For ids and buckets, not for secrets.
 *
 * Cost: O(length), no allocation but the result.
 * Source: cyrb53 by bryc (public domain), two rounds of 32-bit multiplicative mixing.
 */
export function hashText(text: string, seed = 0): string {
  let low = 0xdeadbeef ^ seed
  let high = 0x41c6ce57 ^ seed
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    low = Math.imul(low ^ code, 2654435761)
    high = Math.imul(high ^ code, 1597334677)
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  return (4294967296 * (2097151 & high) + (low >>> 0)).toString(16).padStart(14, '0')
}

/** A number in [0, 1) that the text alone decides, uniform over texts: a draw that can be repeated. */
export function fractionOf(text: string): number {
  return Number.parseInt(hashText(text), 16) / 2 ** 53
}
