import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import { confirm, note, painter, type Context, type Output } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure } from '../failures.ts'
import { acting, command, type Commands, type JsonOption } from '../options.ts'
import type { Server } from '../server.ts'
import { instantText, listAnswer } from '../table.ts'

interface RenewOptions extends JsonOption {
  readonly find: string
  readonly replace: string
  readonly withinWords?: boolean
  readonly note?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
}

/** A text that is replaced in all that is live. */
export function addRenewCommands(parent: Command, commands: Commands): void {
  command(parent, 'renew', {
    summary:
      'replace a text in all messages, live journeys and the contact policy: shows where, asks, publishes all or none',
    examples: [
      'rumbo messages renew --find Aroma --replace Aura --dry-run',
      'rumbo messages renew --find Aroma --replace Aura --note "the new name" --yes',
    ],
  })
    .requiredOption('--find <text>', 'as it is written; whole words')
    .requiredOption('--replace <text>', 'what is to stand there')
    .option('--within-words', 'also where it is only a part of a word')
    .option('--note <text>', 'why; kept with the versions')
    .option('--yes', 'do it without asking; needed where there is no terminal')
    .option('--dry-run', 'list and check, and end')
    .action(
      acting(commands, (context, _args: [], options: RenewOptions) => renew(context, options)),
    )

  command(parent, 'renewals', {
    summary: 'list texts that were replaced, the newest first',
    examples: ['rumbo messages renewals'],
  }).action(acting(commands, (context) => list(context)))

  command(parent, 'undo', {
    summary: 'publish again what was there before a text was replaced',
    examples: ['rumbo messages undo <id>'],
  })
    .argument('<id>', 'the renewal')
    .option('--yes', 'do it without asking; needed where there is no terminal')
    .action(
      acting(commands, (context, [id]: [string], { yes = false }: JsonOption & { yes?: boolean }) =>
        undo(context, id, yes),
      ),
    )
}

async function renew(
  context: Context,
  { find, replace, withinWords = false, note: why, yes = false, dryRun = false }: RenewOptions,
): Promise<Answer> {
  const server = context.connect()
  const search = { find, replace, withinWords }
  const plan = await planOn(server, search)
  if (dryRun || !plan.ok || plan.changes.length === 0)
    return {
      json: { plan, renewal: null },
      text: () => renderPlan(context.stdout, plan),
      exitCode: plan.ok ? EXIT.ok : EXIT.refused,
    }
  note(context, `${renderPlan(context.stderr, plan)}\n`)
  if (!(await confirm(context, `Publish all of it to ${server.url}?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was published.')
  const renewal = await answerOf(
    server.client.v1.renewals.$post({
      json: { ...search, ...(why === undefined ? {} : { note: why }) },
    }),
  )
  if (!('published' in renewal)) throw new Error('What was not asked for a plan publishes.')
  return {
    json: { plan, renewal },
    text: () =>
      renderPublished(context.stdout, renewal.published, `Undo: rumbo messages undo ${renewal.id}`),
  }
}

async function planOn({ client }: Server, search: { find: string; replace: string }) {
  const plan = await answerOf(client.v1.renewals.$post({ json: { ...search, dryRun: true } }))
  if (!('changes' in plan)) throw new Error('A dry run publishes nothing.')
  return plan
}

type Plan = Awaited<ReturnType<typeof planOn>>

function renderPlan(stream: Output, { changes, findings }: Plan): string {
  const paint = painter(stream)
  if (changes.length + findings.length === 0) return 'Nothing that is live mentions it.'
  return [
    ...changes.flatMap(({ kind, key, version, mentions, takes }) => [
      paint('yellow', `  ~ ${nameOf(kind, key)}@${version}`),
      ...takes.map((message) => `    takes ${message} anew`),
      ...mentions.flatMap(({ path, times, before, after }) => [
        `    ${path}${times === 1 ? '' : `  (${times} times)`}`,
        paint('red', `      - ${before}`),
        paint('green', `      + ${after}`),
      ]),
    ]),
    ...findings.map(({ severity, code, path, message }) =>
      paint(
        severity === 'error' ? 'red' : 'yellow',
        `  ${severity} ${code} ${path}\n    ${message}`,
      ),
    ),
  ].join('\n')
}

/** Of the contact policy there is one. */
const nameOf = (kind: string, key: string): string =>
  kind === 'contact-policy' ? kind : `${kind} ${key}`

function renderPublished(
  stream: Output,
  published: readonly { kind: string; key: string; to: number; migrationId: string | null }[],
  last: string,
): string {
  const paint = painter(stream)
  return [
    ...published.map(
      ({ kind, key, to, migrationId }) =>
        `${paint('green', '✓')} ${nameOf(kind, key)}@${to}${migrationId === null ? '' : `  people follow: migration ${migrationId}`}`,
    ),
    last,
  ].join('\n')
}

async function list({ connect, stdout }: Context): Promise<Answer> {
  const { renewals } = connect().client.v1
  const data = await everyPage((query) => answerOf(renewals.$get({ query })))
  return listAnswer({ stdout }, data, {
    none: 'There is none.',
    head: ['renewal', 'when', 'found', 'replaced by', 'published', 'undone', 'note'],
    row: ({ id, createdAt, find, replace, published, undoneAt, note: why }) => [
      id,
      instantText(createdAt),
      find,
      replace,
      published.map(({ key, to }) => `${key}@${to}`).join(', '),
      undoneAt === null ? '' : instantText(undoneAt),
      why ?? '',
    ],
  })
}

async function undo(context: Context, id: string, yes: boolean): Promise<Answer> {
  const server = context.connect()
  if (!(await confirm(context, `Publish to ${server.url} what was there before?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was published.')
  const undone = await answerOf(
    server.client.v1.renewals[':id'].undo.$post({ param: { id: inPath(id) } }),
  )
  const last = `"${undone.replace}" is "${undone.find}" again.`
  return { json: undone, text: () => renderPublished(context.stdout, undone.restored, last) }
}
