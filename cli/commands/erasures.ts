import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import { confirm, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure } from '../failures.ts'
import { acting, command, type Commands, type JsonOption } from '../options.ts'
import { instantText, listAnswer, renderTable } from '../table.ts'

interface EraseOptions extends JsonOption {
  readonly yes?: boolean
}

export function addErasureCommands(parent: Command, commands: Commands): void {
  command(parent, 'begin', {
    summary: 'forget a person, down to the engine; cannot be undone',
    examples: ['rumbo erasures begin ada', 'rumbo erasures begin user:42 --yes'],
  })
    .argument('<customer>', 'a customer id, or any identity; kind:value where it is ambiguous')
    .option('--yes', 'do not ask')
    .action(
      acting(commands, (context, [who]: [string], { yes = false }: EraseOptions) =>
        begin(context, who, yes),
      ),
    )

  command(parent, 'show', {
    summary: 'show how far an erasure is, and what was erased where',
    examples: ['rumbo erasures show <id>'],
  })
    .argument('<id>', 'the erasure')
    .action(acting(commands, (context, [id]: [string]) => show(context, id)))

  command(parent, 'list', {
    summary: 'list erasures, newest first',
    examples: ['rumbo erasures list'],
  }).action(acting(commands, (context) => list(context)))

  command(parent, 'lift', {
    summary: 'let a name of somebody who was erased be used again, by a new customer',
    examples: ['rumbo erasures lift email ada@example.com'],
  })
    .argument('<kind>', 'user, anonymous, email, phone or an own kind')
    .argument('<value>', 'the name')
    .action(
      acting(commands, (context, [kind, value]: [string, string]) => lift(context, kind, value)),
    )
}

type Erasure = Awaited<ReturnType<typeof fetchErasure>>

const fetchErasure = ({ connect }: Context, id: string) =>
  answerOf(connect().client.v1.erasures[':id'].$get({ param: { id: inPath(id) } }))

async function begin(context: Context, who: string, yes: boolean): Promise<Answer> {
  if (!(await confirm(context, `Forget ${who} for good?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was erased.')
  const { client } = context.connect()
  const erasure = await answerOf(client.v1.customers[':id'].$delete({ param: { id: inPath(who) } }))
  return { json: erasure, text: () => receiptText(context, erasure) }
}

async function show(context: Context, id: string): Promise<Answer> {
  const erasure = await fetchErasure(context, id)
  return { json: erasure, text: () => receiptText(context, erasure) }
}

async function list({ connect, stdout }: Context): Promise<Answer> {
  const { client } = connect()
  const erasures = await everyPage((page) => answerOf(client.v1.erasures.$get({ query: page })))
  return listAnswer({ stdout }, erasures, {
    none: 'There is none.',
    head: ['erasure', 'status', 'begun', 'over'],
    row: ({ erasureId, status, createdAt, completedAt }) => [
      erasureId,
      status,
      instantText(createdAt),
      completedAt === null ? '' : instantText(completedAt),
    ],
  })
}

async function lift({ connect }: Context, kind: string, value: string): Promise<Answer> {
  const { client } = connect()
  const lifted = await answerOf(client.v1.tombstones.$delete({ json: { kind, value } }))
  return { json: lifted, text: () => 'Lifted: whoever comes under this name is a new customer.' }
}

function receiptText(
  { stdout }: Context,
  { erasureId, status, receipt, remains }: Erasure,
): string {
  const rows = Object.entries(receipt.rows).map(([table, count]) => [table, String(count)])
  const counts = renderTable(
    stdout,
    ['erased', 'count'],
    [
      ['histories in the engine', String(receipt.engineRuns ?? 0)],
      ['messages that waited', String(receipt.dropped ?? 0)],
      ['keys of payloads', String(receipt.keys ?? 0)],
      ...rows,
    ],
  )
  const state =
    status === 'done' ? 'All of it is gone.' : 'Under way: it is gone on with by itself.'
  return [
    `Erasure ${erasureId}. ${state}`,
    counts,
    'What remains:',
    ...remains.map((line) => `  ${line}`),
  ].join('\n')
}
