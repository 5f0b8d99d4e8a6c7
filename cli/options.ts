import { InvalidArgumentError, type Command } from 'commander'
import type { JsonValue } from '../domain/json.ts'
import { instantFromIso, parseDurationProblem } from '../domain/time.ts'
import { give, type Answer } from './answer.ts'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-codes.ts'

/** How commands are put together: each takes `--json`, has examples, and ends with an exit code. */

export interface JsonOption {
  readonly json?: boolean
}

/** What commands are made on: where they stand, and what they leave. */
export interface Commands {
  readonly context: Context
  readonly end: (code: ExitCode) => void
}

/** A command that does something; `examples` are whole lines as one would type them. */
export function command(
  parent: Command,
  usage: string,
  { summary, examples }: { readonly summary: string; readonly examples: readonly string[] },
): Command {
  return parent
    .command(usage)
    .summary(summary)
    .description(summary)
    .option('--json', 'answer with JSON on standard output, for programs')
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`)
}

/** The action of a command: gives its answer, and leaves its exit code. */
export function acting<Arguments extends readonly unknown[], Options extends JsonOption>(
  { context, end }: Commands,
  act: (context: Context, args: Arguments, options: Options) => Promise<Answer>,
) {
  // Commander hands over the arguments, the options and the command itself.
  return async (...given: unknown[]): Promise<void> => {
    const args = given.slice(0, -2) as unknown as Arguments
    const options = given.at(-2) as Options
    end(give(context, await act(context, args, options), options))
  }
}

const refuse = (message: string): never => {
  throw new InvalidArgumentError(message)
}

/** A whole number from `min` on. */
export const wholeNumber =
  (min: number) =>
  (text: string): number =>
    /^\d{1,9}$/.test(text) && Number(text) >= min
      ? Number(text)
      : refuse(`A whole number from ${min} on is expected.`)

/** A number that is not negative. */
export const amount = (text: string): number =>
  /^\d+(\.\d+)?$/.test(text) ? Number(text) : refuse('A number such as 20 or 0.5 is expected.')

/** More than 0 and at most 1. */
export const share = (text: string): number =>
  Number(text) > 0 && Number(text) <= 1
    ? Number(text)
    : refuse('A share is more than 0 and at most 1, such as 0.1.')

export const duration = (text: string): string => {
  const problem = parseDurationProblem(text)
  return problem === null ? text : refuse(problem)
}

/** RFC 3339, or a date, which stands for its first moment in UTC. */
export const instant = (text: string): string => {
  const ms = instantFromIso(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
  return ms === null
    ? refuse('An instant such as 2026-12-06T09:00:00Z is expected, or a date.')
    : new Date(ms).toISOString()
}

/** `name=value`, as often as it is given. */
export const assignment = (
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => {
  const at = text.indexOf('=')
  if (at < 1) refuse('A name, "=" and a value are expected, such as rest=pause.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

/** As often as it is given. */
export const several = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
]

/** The same, of these words only. */
export const oneOf =
  <Word extends string>(words: readonly Word[]) =>
  (text: string, before: readonly Word[] = []): readonly Word[] => {
    const word = words.find((each) => each === text)
    return word === undefined
      ? refuse(`One of ${words.join(', ')} is expected.`)
      : [...before, word]
  }

/** JSON where it is JSON, else the text itself: `40` is a number, `EUR` a text, `"40"` a text again. */
export function valueOf(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}
