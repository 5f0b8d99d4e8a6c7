import type { Context } from './context.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

/** What a command has to say, for programs and for people. */
export interface Answer {
  /** What `--json` prints. */
  readonly json: unknown
  /** What people read. */
  readonly text: () => string
  /** Default: ok. */
  readonly exitCode?: ExitCode
}

/** Puts an answer on standard output, nothing else of which is ever written there. */
export function give(
  { stdout }: Pick<Context, 'stdout'>,
  { json, text, exitCode = EXIT.ok }: Answer,
  { json: asJson = false }: { readonly json?: boolean },
): ExitCode {
  const said = asJson ? JSON.stringify(json, null, 2) : text()
  if (said !== '') stdout.write(`${said}\n`)
  return exitCode
}
