/** What vitest says of a test process that a signal ended. */
const CRASH = /exited unexpectedly with signal (SIG[A-Z]+).* while running test file (\S+)/s

/** Signals with which V8 or the system ends a process that is broken beyond repair. */
const FATAL = new Set(['SIGTRAP', 'SIGSEGV', 'SIGILL', 'SIGBUS'])

/** A test file whose process was ended by a signal before its tests were done. */
export interface Crash {
  readonly file: string
  readonly signal: string
}

/** Which test processes died, and of what, read from the errors that no test caught. */
export function crashesIn(
  errors: readonly { readonly message?: string; readonly cause?: unknown }[],
): Crash[] {
  return errors.flatMap(({ message = '', cause }) => {
    const causeMessage = cause instanceof Object && 'message' in cause ? String(cause.message) : ''
    const [, signal, file] = CRASH.exec(causeMessage) ?? CRASH.exec(message) ?? []
    return signal === undefined || file === undefined || !FATAL.has(signal)
      ? []
      : [{ signal, file }]
  })
}
