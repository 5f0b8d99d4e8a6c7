import type { Finding } from '../domain/errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

/** Why a command could not do what it was asked to; the message says all there is to say. */
export class CommandFailure extends Error {
  override readonly name: string = 'CommandFailure'
  readonly exitCode: ExitCode
  /** For programs: `--json` prints it. */
  readonly code: string
  readonly findings: readonly Finding[]

  constructor(
    exitCode: ExitCode,
    code: string,
    message: string,
    findings: readonly Finding[] = [],
  ) {
    super(message)
    this.exitCode = exitCode
    this.code = code
    this.findings = findings
  }
}

/** The caller can mend it before anything is called. */
export const usageFailure = (message: string): CommandFailure =>
  new CommandFailure(EXIT.usage, 'usage', message)

/** The server cannot be reached or cannot serve now. */
export class Outage extends CommandFailure {
  override readonly name = 'Outage'

  constructor(message: string) {
    super(EXIT.outage, 'outage', message)
  }
}

/** The server said no, with its reasons. */
export class Refused extends CommandFailure {
  override readonly name = 'Refused'
  readonly status: number

  constructor(
    status: number,
    { code, message, findings }: { code: string; message: string; findings: readonly Finding[] },
  ) {
    super(EXIT.refused, code, message, findings)
    this.status = status
  }
}

/** What stands in files has errors, which have been shown at their places. */
export class FaultyFiles extends CommandFailure {
  override readonly name = 'FaultyFiles'

  constructor(findings: readonly Finding[], message = 'The journeys have errors.') {
    super(EXIT.refused, 'unacceptable', message, findings)
  }
}

/** Ctrl-C, where nothing else is to be said. */
export const interrupted = (message = 'Interrupted.'): CommandFailure =>
  new CommandFailure(EXIT.interrupted, 'interrupted', message)
