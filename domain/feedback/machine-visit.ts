/** What is known of whoever fetched a picture or followed a link of a mail. */
export interface Visit {
  readonly method: string
  readonly userAgent: string
  /** `Sec-Purpose`, `Purpose` or `X-Moz`: why a browser fetched it. */
  readonly purpose: string
  /** Since the mail went out. */
  readonly sinceSentMs: number
}

/**
 * Why it is taken for a machine. `proxy`: a provider fetched it, for a person or in advance, and nobody
 * can tell which. `soon`: before a person could have.
 */
export type MachineReason = 'head' | 'no_agent' | 'proxy' | 'scanner' | 'prefetch' | 'soon'

/** What filters take to look at a mail that has just come. A person first has to be told of it. */
const SOON_MS = 5_000

const PROXY = /GoogleImageProxy|ggpht\.com|YahooMailProxy|YahooCacheSystem/i
/** Apple's privacy proxy says no more than this; Gmail's prefetch says it once more at its end. */
const PRIVACY_PROXY = /^Mozilla\/5\.0$|Edge\/12\.246 Mozilla\/5\.0$/
const SCANNER =
  /bot\b|crawler|spider|scanner|preview|headless|proofpoint|barracuda|mimecast|safelinks|symantec|trendmicro|fireeye|python|curl\/|wget\/|go-http-client|java\/|okhttp|libwww|axios|node-fetch|facebookexternalhit|whatsapp/i

/** Why a visit was a machine's; null where a person is to be assumed. */
export function machineReason({
  method,
  userAgent,
  purpose,
  sinceSentMs,
}: Visit): MachineReason | null {
  const agent = userAgent.trim()
  if (method === 'HEAD') return 'head'
  if (agent === '') return 'no_agent'
  if (PROXY.test(agent) || PRIVACY_PROXY.test(agent)) return 'proxy'
  if (SCANNER.test(agent)) return 'scanner'
  if (/prefetch|prerender|preview/i.test(purpose)) return 'prefetch'
  return sinceSentMs < SOON_MS ? 'soon' : null
}
