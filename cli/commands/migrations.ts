import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import { confirm, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure } from '../failures.ts'
import { acting, command, share, type Commands, type JsonOption } from '../options.ts'
import { instantText, listAnswer } from '../table.ts'
import { renderMigration, shareText, showMigration, watchMigration } from './watch-migration.ts'

interface ChangeOptions extends JsonOption {
  readonly watch?: boolean
  readonly yes?: boolean
  readonly canary?: number
}
type Verb = 'pause' | 'resume' | 'undo'

const WATCH = ['--watch', 'show how far it is until it is done'] as const
const SUMMARIES = {
  pause: 'move nobody else for now; who was asked already still moves',
  resume: 'go on, with a larger share where one is named',
  undo: 'bring back everybody who was moved and has taken no step since',
} satisfies Record<Verb, string>

/** Migrations that were begun, by `rumbo journeys migrate`. */
export function addMigrationCommands(journeys: Command, commands: Commands): void {
  const summary = 'look at migrations, pause, resume and undo them'
  const parent = journeys.command('migrations').summary(summary).description(summary)

  command(parent, 'list', {
    summary: 'list the migrations of a journey, newest first',
    examples: ['rumbo journeys migrations list welcome'],
  })
    .argument('<key>', 'the journey')
    .action(acting(commands, (context, [key]: [string]) => list(context, key)))

  command(parent, 'show', {
    summary: 'show how far a migration is, by step, and who was left where they were',
    examples: ['rumbo journeys migrations show welcome <id> --watch'],
  })
    .argument('<key>', 'the journey')
    .argument('<id>', 'the migration')
    .option(...WATCH)
    .action(
      acting(commands, (context, [key, id]: [string, string], { watch }: ChangeOptions) =>
        watch === true ? watchMigration(context, key, id) : showMigration(context, key, id),
      ),
    )

  for (const verb of ['pause', 'resume', 'undo'] as const) {
    const change = command(parent, verb, {
      summary: SUMMARIES[verb],
      examples: [
        `rumbo journeys migrations ${verb} welcome <id>${verb === 'resume' ? ' --canary 1' : ''}`,
      ],
    })
      .argument('<key>', 'the journey')
      .argument('<id>', 'the migration')
    if (verb !== 'pause') change.option(...WATCH)
    if (verb === 'resume') change.option('--canary <share>', 'the share from now on', share)
    if (verb === 'undo')
      change.option('--yes', 'do it without asking; needed where there is no terminal')
    change.action(
      acting(commands, (context, [key, id]: [string, string], options: ChangeOptions) =>
        changeMigration(context, { verb, key, id }, options),
      ),
    )
  }
}

async function list({ connect, stdout }: Context, key: string): Promise<Answer> {
  const { client } = connect()
  const migrations = await everyPage((query) =>
    answerOf(client.v1.journeys[':key'].migrations.$get({ param: { key: inPath(key) }, query })),
  )
  return listAnswer({ stdout }, migrations, {
    none: `There is no migration of ${key}.`,
    head: ['migration', 'from', 'to', 'share', 'status', 'begun'],
    row: ({ migrationId, from, to, canary, status, createdAt }) => [
      migrationId,
      from,
      to,
      shareText(canary),
      status,
      instantText(createdAt),
    ],
  })
}

async function changeMigration(
  context: Context,
  { verb, key, id }: { readonly verb: Verb; readonly key: string; readonly id: string },
  { watch, yes = false, canary }: ChangeOptions,
): Promise<Answer> {
  const of = context.connect().client.v1.journeys[':key'].migrations[':id']
  const param = { key: inPath(key), id: inPath(id) }
  if (verb === 'undo' && !(await confirm(context, `Undo migration ${id} of ${key}?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was changed.')
  const changed = await answerOf(
    verb === 'resume'
      ? of.resume.$post({ param, json: canary === undefined ? {} : { canary } })
      : of[verb].$post({ param }),
  )
  if (watch === true) return watchMigration(context, key, id)
  return { json: changed, text: () => renderMigration(context.stdout, changed) }
}
