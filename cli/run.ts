import { CommanderError } from 'commander'
import { ConfigError } from '../platform/config.ts'
import { StartError } from '../platform/exit-with.ts'
import { give } from './answer.ts'
import { painter, type Context } from './context.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { CommandFailure, FaultyFiles, interrupted, usageFailure } from './failures.ts'
import { createProgram } from './program.ts'
import { renderFindings } from './show-findings.ts'

/** Carries out one command line; answers what the process is to end with. Never throws. */
export async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok
  try {
    await createProgram({ context, end: (ended) => (code = ended) }).parseAsync(args, {
      from: 'user',
    })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return ended(context, args, error)
    return tell(context, args, failureFrom(context, error))
  }
}

/** Commander has told people what it had to say; help and version are no failures. */
function ended(
  context: Context,
  args: readonly string[],
  { exitCode, message }: CommanderError,
): ExitCode {
  if (exitCode === 0) return EXIT.ok
  return args.includes('--json') ? giveFailure(context, usageFailure(message)) : EXIT.usage
}

function failureFrom({ signal }: Context, error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error
  if (signal.aborted) return interrupted()
  if (error instanceof ConfigError || error instanceof StartError)
    return usageFailure(error.message)
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new CommandFailure(EXIT.bug, 'bug', `This is a fault of the command line. ${what}`)
}

/** People read it on standard error; programs that asked for JSON get it on standard output. */
function tell(context: Context, args: readonly string[], failure: CommandFailure): ExitCode {
  const { stderr } = context
  const { message, findings, exitCode } = failure
  const shown = failure instanceof FaultyFiles ? '' : renderFindings(stderr, findings)
  stderr.write(`${painter(stderr)('red', message)}\n${shown === '' ? '' : `${shown}\n`}`)
  return args.includes('--json') ? giveFailure(context, failure) : exitCode
}

const giveFailure = (
  context: Context,
  { code, message, findings, exitCode }: CommandFailure,
): ExitCode =>
  give(
    context,
    { json: { error: { code, message, findings } }, text: () => '', exitCode },
    { json: true },
  )
