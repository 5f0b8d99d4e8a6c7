const MINUTE_MS = 60_000
/** After a first, second … failure; then always the last. */
const DELAYS_MS = [1, 5, 15, 60].map((minutes) => minutes * MINUTE_MS)
const HOURLY_MS = 60 * MINUTE_MS
/** A provider that asks for more than this has lost its clock. */
const PROVIDER_MS_MAX = 24 * 60 * MINUTE_MS

/**
 * How long to wait after try `attempt` (from 1) failed for a while: 1, 5, 15 minutes, an hour, then
 * every hour; longer where the provider named a time, up to a day.
 */
export function retryDelayMs(attempt: number, providerMs = 0): number {
  return Math.max(DELAYS_MS[attempt - 1] ?? HOURLY_MS, Math.min(providerMs, PROVIDER_MS_MAX))
}
