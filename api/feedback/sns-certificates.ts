import { ProviderDown } from '../errors.ts'

/** Amazon has few, and new ones seldom. */
const KEPT_MAX = 20
/** Whoever makes certificates up must not make us ask for each. */
const ASKED_PER_MINUTE_MAX = 10
const MINUTE_MS = 60_000

export interface SnsCertificatesDeps {
  /** The text at an address; null: it is not to be had. */
  readonly get: (url: string) => Promise<string | null>
  readonly now: () => number
}

/** Answers with the certificate at an address of Amazon's, asked for once. */
export type SnsCertificates = (url: string) => Promise<string>

/**
 * Certificates of Amazon SNS by their addresses, which the caller has looked at.
 *
 * @throws {ProviderDown} where one is not to be had, or too many were asked for
 */
export function createSnsCertificates({ get, now }: SnsCertificatesDeps): SnsCertificates {
  const kept = new Map<string, string>()
  const asked: number[] = []

  return async (url) => {
    const known = kept.get(url)
    if (known !== undefined) return known
    while (asked[0] !== undefined && asked[0] <= now() - MINUTE_MS) asked.shift()
    if (asked.length >= ASKED_PER_MINUTE_MAX)
      throw new ProviderDown('Too many certificates were asked for.')
    asked.push(now())
    const pem = await get(url)
    if (pem === null) throw new ProviderDown('The certificate of this call is not to be had.')
    const [oldest] = kept.keys()
    if (kept.size >= KEPT_MAX && oldest !== undefined) kept.delete(oldest)
    kept.set(url, pem)
    return pem
  }
}
