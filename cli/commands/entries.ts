import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import { confirm, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure } from '../failures.ts'
import { acting, command, wholeNumber, type Commands, type JsonOption } from '../options.ts'
import { instantText, listAnswer } from '../table.ts'

interface ResumeOptions extends JsonOption {
  readonly perSecond?: number
}

/** How audiences enter journeys. */
export function addEntryCommands(parent: Command, commands: Commands): void {
  command(parent, 'entries', {
    summary: 'list the entries of audiences into a journey, and how far they are',
    examples: ['rumbo audiences entries delayed-product'],
  })
    .argument('<journey>', 'key of the journey')
    .action(acting(commands, (context, [journey]: [string]) => list(context, journey)))

  command(parent, 'enter', {
    summary: 'have the audience of a journey enter now, without waiting for its time',
    examples: ['rumbo audiences enter delayed-product --yes'],
  })
    .argument('<journey>', 'key of the journey')
    .option('--yes', 'do it without asking; needed where there is no terminal')
    .action(
      acting(
        commands,
        (context, [journey]: [string], { yes = false }: JsonOption & { yes?: boolean }) =>
          enter(context, journey, yes),
      ),
    )

  command(parent, 'pause', {
    summary: 'let nobody else of an entry in for now',
    examples: ['rumbo audiences pause delayed-product <id>'],
  })
    .argument('<journey>', 'key of the journey')
    .argument('<id>', 'of the entry')
    .action(
      acting(commands, (context, [journey, id]: [string, string]) => pause(context, journey, id)),
    )

  command(parent, 'resume', {
    summary: 'go on with an entry, at another rate where one is named',
    examples: ['rumbo audiences resume delayed-product <id> --per-second 50'],
  })
    .argument('<journey>', 'key of the journey')
    .argument('<id>', 'of the entry')
    .option('--per-second <n>', 'customers let in in a second', wholeNumber(1))
    .action(
      acting(commands, (context, [journey, id]: [string, string], options: ResumeOptions) =>
        resume(context, { journey, id }, options),
      ),
    )
}

async function list({ connect, stdout }: Context, journey: string): Promise<Answer> {
  const calls = connect().client.v1.journeys[':key'].entries
  const data = await everyPage((query) =>
    answerOf(calls.$get({ param: { key: inPath(journey) }, query })),
  )
  return listAnswer({ stdout }, data, {
    none: 'No audience has entered it yet.',
    head: ['id', 'audience', 'status', 'per second', 'looked', 'belong', 'entered', 'begun'],
    row: (run) => [
      run.id,
      run.audience,
      run.status,
      run.perSecond,
      run.looked,
      run.matching,
      run.entered,
      instantText(run.begunAt),
    ],
  })
}

async function enter(context: Context, journey: string, yes: boolean): Promise<Answer> {
  const { client, url } = context.connect()
  if (!(await confirm(context, `Let the audience of "${journey}" in now at ${url}?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nobody was let in.')
  const begun = await answerOf(
    client.v1.journeys[':key'].entries.$post({ param: { key: inPath(journey) } }),
  )
  return {
    json: begun,
    text: () => `Entry ${begun.id} begins; rumbo audiences entries ${journey} says how far it is.`,
  }
}

async function pause({ connect }: Context, journey: string, id: string): Promise<Answer> {
  const calls = connect().client.v1.journeys[':key'].entries[':id']
  const param = { key: inPath(journey), id: inPath(id) }
  const changed = await answerOf(calls.pause.$post({ param }))
  return { json: changed, text: () => `Paused: ${changed.entered} customers were let in.` }
}

async function resume(
  { connect }: Context,
  { journey, id }: { readonly journey: string; readonly id: string },
  { perSecond }: ResumeOptions,
): Promise<Answer> {
  const calls = connect().client.v1.journeys[':key'].entries[':id']
  const changed = await answerOf(
    calls.resume.$post({
      param: { key: inPath(journey), id: inPath(id) },
      json: perSecond === undefined ? {} : { perSecond },
    }),
  )
  return {
    json: changed,
    text: () => `It goes on by itself; rumbo audiences entries ${journey} says how far it is.`,
  }
}
