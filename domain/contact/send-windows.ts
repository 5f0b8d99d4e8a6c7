import type { SendWindow } from '../journeys/values.ts'
import { localSpans } from '../time.ts'

/** `open` until an instant, or closed until one; null where no window ever opens. */
export type WindowState =
  | { readonly type: 'open'; readonly untilMs: number }
  | { readonly type: 'closed'; readonly untilMs: number | null }

/** Whether one of these windows is open on a clock in `zone`. */
export function windowAt(windows: readonly SendWindow[], zone: string, atMs: number): WindowState {
  let openUntilMs: number | null = null
  let opensAtMs: number | null = null
  for (const window of windows) {
    for (const { fromMs, untilMs } of localSpans(atMs, window, zone)) {
      if (fromMs > atMs) {
        opensAtMs = Math.min(opensAtMs ?? Infinity, fromMs)
        break
      }
      if (untilMs > atMs) openUntilMs = Math.max(openUntilMs ?? 0, untilMs)
    }
  }
  return openUntilMs === null
    ? { type: 'closed', untilMs: opensAtMs }
    : { type: 'open', untilMs: openUntilMs }
}
