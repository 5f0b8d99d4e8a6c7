import { styleText } from 'node:util'
import { usageFailure } from './failures.ts'
import type { Server } from './server.ts'

/** A stream that may be a terminal. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** What a command has from its surroundings. */
export interface Context {
  readonly stdout: Output
  readonly stderr: Output
  /** Asks a person; null where there is none. */
  readonly ask: ((question: string) => Promise<boolean>) | null
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  /**
   * The server that is meant, found when first asked for.
   *
   * @throws {CommandFailure} saying how to name one
   */
  readonly connect: () => Server
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

/** Colours, on a terminal only and not with NO_COLOR. */
export const painter =
  (stream: Output): Paint =>
  (style, text) =>
    styleText(style, text, { stream })

/** Progress and remarks, which are not the answer. */
export function note({ stderr }: Context, text: string): void {
  stderr.write(`${text}\n`)
}

/**
 * Whether to go on: said beforehand with `--yes`, else asked.
 *
 * @throws {CommandFailure} where nobody can be asked
 */
export async function confirm(context: Context, question: string, yes = false): Promise<boolean> {
  if (yes) return true
  if (context.ask === null)
    throw usageFailure('There is no terminal to ask on. Say --yes to go on without asking.')
  return context.ask(question)
}
