import { Presets, SingleBar } from 'cli-progress'
import type { Output } from './context.ts'

/** Between two lines where the output is no terminal that could overwrite one. */
const LINE_EVERY_MS = 5_000

/** Says on a stream how far something is. */
export interface Progress {
  /** `share` from 0 to 1; `text` says the rest. */
  readonly show: (share: number, text: string) => void
  /** Takes the bar away, so that other lines can follow. */
  readonly end: () => void
}

/** A bar with the time that remains on a terminal; else a line every few seconds. */
export function createProgress(stream: Output): Progress {
  return stream.isTTY === true ? bar(stream) : lines(stream)
}

function bar(stream: Output): Progress {
  const startedAtMs = performance.now()
  const shown = new SingleBar(
    {
      stream,
      format: '{bar} {percentage}% | {text} | {remaining}',
      clearOnComplete: true,
      hideCursor: true,
      // Ctrl-C is handled by the command.
      gracefulExit: false,
    },
    Presets.shades_classic,
  )
  const units = 1000
  shown.start(units, 0, { text: '', remaining: '' })
  return {
    show: (share, text) =>
      shown.update(Math.floor(share * units), {
        text,
        remaining: remaining(share, performance.now() - startedAtMs),
      }),
    end: () => shown.stop(),
  }
}

function lines(stream: Output): Progress {
  const startedAtMs = performance.now()
  let shownAtMs = startedAtMs
  return {
    show: (share, text) => {
      const nowMs = performance.now()
      if (nowMs - shownAtMs < LINE_EVERY_MS) return
      shownAtMs = nowMs
      stream.write(
        `${Math.floor(share * 100)}% | ${text} | ${remaining(share, nowMs - startedAtMs)}\n`,
      )
    },
    end: () => {},
  }
}

/** What is left, if it goes on as it did so far. */
export function remaining(share: number, elapsedMs: number): string {
  if (share <= 0) return 'time left unknown'
  const ms = (elapsedMs / share) * (1 - share)
  return `${lengthText(ms)} left`
}

/** `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function lengthText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
