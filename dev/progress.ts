/** Between two lines where the output is no terminal that could overwrite one. */
const LINE_EVERY_MS = 15_000

/** A line that says how far something is. */
export interface Progress {
  readonly show: (text: string) => void
  readonly done: (text: string) => void
}

/** Shows progress on standard error: in place on a terminal, else as a line now and then. */
export function createProgress(title: string): Progress {
  const startedAt = performance.now()
  const isTerminal = process.stderr.isTTY
  let shownAt = Number.NEGATIVE_INFINITY
  const line = (text: string) => `${title}: ${text}, ${elapsed(performance.now() - startedAt)}`
  return {
    show: (text) => {
      if (isTerminal) process.stderr.write(`\r\u001b[K${line(text)}`)
      else if (performance.now() - shownAt >= LINE_EVERY_MS) {
        shownAt = performance.now()
        process.stderr.write(`${line(text)}\n`)
      }
    },
    done: (text) => {
      process.stderr.write(`${isTerminal ? '\r\u001b[K' : ''}${line(text)}\n`)
    },
  }
}

function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
