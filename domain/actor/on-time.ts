/** So late an outcome is still on time: a send takes a moment, a first retry some minutes. */
const ON_TIME_MS_MAX = 10 * 60_000

/**
 * The instant from which what follows a message or a call counts: the one at which it was due, where
 * it was done on time. Counted from the doing itself, three days and 09:00 after a mail of 09:00
 * would be four days, because every send takes its fraction of a second.
 */
export function onTime(dueAtMs: number, atMs: number): number {
  return atMs - dueAtMs <= ON_TIME_MS_MAX ? dueAtMs : atMs
}
