/** A test customer's clock as seen from outside: it stands where an answer said, and goes on since. */
export interface CustomerClock {
  readonly nowMs: () => number
  /** Takes over what an answer says. */
  readonly set: (instant: string) => void
}

/** `realMs`: any clock that goes on steadily. */
export function createCustomerClock(
  instant: string,
  realMs: () => number = () => performance.now(),
): CustomerClock {
  let offsetMs = Date.parse(instant) - realMs()
  return {
    nowMs: () => offsetMs + realMs(),
    set: (answered) => {
      offsetMs = Date.parse(answered) - realMs()
    },
  }
}

/**
 * By how much to move a clock so that it stands at `targetMs`, or an instant later, never earlier:
 * what is due at the target has then happened. Null where it is there already.
 */
export function leapTo(targetMs: number, nowMs: number): string | null {
  const ms = Math.ceil(targetMs - nowMs)
  return ms <= 0 ? null : `PT${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}S`
}
