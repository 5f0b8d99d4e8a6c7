import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage } from '../call.ts'
import { confirm, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure } from '../failures.ts'
import { acting, command, type Commands, type JsonOption } from '../options.ts'
import { instantText, listAnswer } from '../table.ts'

interface RunOptions extends JsonOption {
  readonly yes?: boolean
}

/** What is deleted by age; the rules for it are published like others. */
export function addRetentionCommands(parent: Command, commands: Commands): void {
  command(parent, 'runs', {
    summary: 'list what was deleted by age, newest first',
    examples: ['rumbo retention runs'],
  }).action(acting(commands, (context) => runs(context)))

  command(parent, 'run', {
    summary: 'delete now what the rules in force keep no longer; cannot be undone',
    examples: ['rumbo retention run --yes'],
  })
    .option('--yes', 'do not ask')
    .action(
      acting(commands, (context, _args: [], { yes = false }: RunOptions) => run(context, yes)),
    )
}

async function runs({ connect, stdout }: Context): Promise<Answer> {
  const { client } = connect()
  const data = await everyPage((query) => answerOf(client.v1.retention.runs.$get({ query })))
  return listAnswer({ stdout }, data, {
    none: 'Nothing was deleted by age yet.',
    head: [
      'asked',
      'status',
      'rules',
      'looked',
      'events',
      'mails',
      'timeline',
      'tasks',
      'onsite',
      'held back',
    ],
    row: ({ askedAt, status, version, looked, deleted, heldBack }) => [
      instantText(askedAt),
      status,
      version,
      looked,
      deleted.events.reduce((sum, { count }) => sum + count, 0),
      deleted.mails,
      deleted.timeline,
      deleted.agentTasks,
      deleted.onsite,
      heldBack.length === 0 ? null : heldBack.join(', '),
    ],
  })
}

async function run(context: Context, yes: boolean): Promise<Answer> {
  const server = context.connect()
  if (!(await confirm(context, `Delete by age now at ${server.url}?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was deleted.')
  const asked = await answerOf(server.client.v1.retention.run.$post({}))
  return {
    json: asked,
    text: () => 'It begins within seconds; rumbo retention runs says how far it is.',
  }
}
