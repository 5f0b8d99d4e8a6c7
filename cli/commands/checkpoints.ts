import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import type { Context } from '../context.ts'
import { acting, command, wholeNumber, type Commands, type JsonOption } from '../options.ts'
import { instantText, listAnswer, renderTable } from '../table.ts'

interface OpenOptions extends JsonOption {
  readonly owner: string
}
interface WorkOptions extends JsonOption {
  readonly minutes: number
  readonly note?: string
}
interface SignOptions extends JsonOption {
  readonly note?: string
}

/** Looks at the quality of data that somebody answers for. */
export function addCheckpointCommands(parent: Command, commands: Commands): void {
  command(parent, 'list', {
    summary: 'list checkpoints, newest first',
    examples: ['rumbo data-quality checkpoints list'],
  }).action(acting(commands, (context) => list(context)))

  command(parent, 'open', {
    summary: 'open one now: what is open, and what came and went since the one before',
    examples: ['rumbo data-quality checkpoints open --owner Ines'],
  })
    .requiredOption('--owner <name>', 'who answers for it')
    .action(acting(commands, (context, _: [], { owner }: OpenOptions) => open(context, owner)))

  command(parent, 'show', {
    summary: 'show the worklist of one: what is left, and the effort spent',
    examples: ['rumbo data-quality checkpoints show <id>'],
  })
    .argument('<id>', 'the checkpoint')
    .action(acting(commands, (context, [id]: [string]) => show(context, id)))

  command(parent, 'work', {
    summary: 'note what was done about a finding',
    examples: ['rumbo data-quality checkpoints work <id> no_at_sign email --minutes 20'],
  })
    .argument('<id>', 'the checkpoint')
    .argument('<problem>', 'of the finding')
    .argument('<trait>', 'of the finding')
    .requiredOption('--minutes <n>', 'how long it took', wholeNumber(1))
    .option('--note <text>', 'what was done')
    .action(
      acting(commands, (context, args: [string, string, string], options: WorkOptions) =>
        work(context, args, options),
      ),
    )

  command(parent, 'sign-off', {
    summary: 'sign one off; it is kept as it is',
    examples: ['rumbo data-quality checkpoints sign-off <id> --note "the rest is test data"'],
  })
    .argument('<id>', 'the checkpoint')
    .option('--note <text>', 'what is left, and why')
    .action(
      acting(commands, (context, [id]: [string], { note }: SignOptions) =>
        signOff(context, id, note),
      ),
    )
}

const callsOf = ({ connect }: Context) => connect().client.v1.reports['data-quality'].checkpoints

async function list(context: Context): Promise<Answer> {
  const data = await everyPage((query) => answerOf(callsOf(context).$get({ query })))
  return listAnswer(context, data, {
    none: 'There is none yet: rumbo data-quality checkpoints open --owner <name>',
    head: ['checkpoint', 'opened', 'owner', 'open', 'new', 'settled', 'signed off'],
    row: ({ id, openedAt, owner, findings, signedOffAt }) => [
      id,
      instantText(openedAt),
      owner,
      findings.reduce((sum, each) => sum + each.open, 0),
      findings.reduce((sum, each) => sum + each.fresh, 0),
      findings.reduce((sum, each) => sum + each.settled, 0),
      signedOffAt === null ? null : instantText(signedOffAt),
    ],
  })
}

async function open(context: Context, owner: string): Promise<Answer> {
  const opened = await answerOf(callsOf(context).$post({ json: { owner } }))
  return {
    json: opened,
    text: () =>
      `Checkpoint ${opened.id} is open; rumbo data-quality checkpoints show ${opened.id} shows what is to be done.`,
  }
}

type Detail = Awaited<ReturnType<typeof fetchOne>>

const fetchOne = (context: Context, id: string) =>
  answerOf(callsOf(context)[':id'].$get({ param: { id: inPath(id) } }))

async function show(context: Context, id: string): Promise<Answer> {
  const found = await fetchOne(context, id)
  return { json: found, text: () => renderWorklist(context, found) }
}

const renderWorklist = ({ stdout }: Context, { worklist }: Detail): string =>
  worklist.length === 0
    ? 'Nothing is held against anybody.'
    : renderTable(
        stdout,
        ['problem', 'trait', 'open', 'left', 'minutes'],
        worklist.map(({ problem, trait, open: atFirst, left, minutes }) => [
          problem,
          trait,
          atFirst,
          left,
          minutes,
        ]),
      )

async function work(
  context: Context,
  [id, problem, trait]: [string, string, string],
  { minutes, note }: WorkOptions,
): Promise<Answer> {
  const found = await answerOf(
    callsOf(context)[':id'].work.$post({
      param: { id: inPath(id) },
      json: { problem, trait, minutes, ...(note === undefined ? {} : { note }) },
    }),
  )
  return { json: found, text: () => renderWorklist(context, found) }
}

async function signOff(context: Context, id: string, note: string | undefined): Promise<Answer> {
  const signed = await answerOf(
    callsOf(context)[':id']['sign-off'].$post({
      param: { id: inPath(id) },
      json: note === undefined ? {} : { note },
    }),
  )
  return { json: signed, text: () => `Checkpoint ${signed.id} is signed off.` }
}
