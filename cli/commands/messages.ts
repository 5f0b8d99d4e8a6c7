import type { Command } from 'commander'
import type { LibraryMessage } from '../../domain/library/library-message.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import { confirm, note, painter, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure, usageFailure } from '../failures.ts'
import { readMessageFiles, type MessageFile } from '../message-files.ts'
import { acting, assignment, command, type Commands, type JsonOption } from '../options.ts'
import { findPublishedMessage } from '../published-messages.ts'
import { instantText, renderTable } from '../table.ts'
import { renderChecked } from './check.ts'

interface PublishOptions extends JsonOption {
  readonly note?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
}
interface PreviewOptions extends JsonOption {
  readonly file?: string
  readonly customer?: string
  readonly trait?: JsonObject
  readonly locale?: string
}

/** Messages that journeys share: checked, shown, published. */
export function addMessageCommands(parent: Command, commands: Commands): void {
  command(parent, 'check', {
    summary: 'say everything that is wrong with messages in files; works without a server',
    examples: ['rumbo messages check messages/'],
  })
    .argument('<file...>', 'messages (.json, or .ts with a default export), or folders of them')
    .action(
      acting(commands, async (context, [paths]: [string[]]) =>
        verdict(context, await readMessageFiles(paths)),
      ),
    )

  command(parent, 'preview', {
    summary: 'show what would go out of a message, channel by channel',
    examples: [
      'rumbo messages preview welcome-mail --customer <id>',
      'rumbo messages preview --file welcome-mail.json --trait first_name=Ana --locale es',
    ],
  })
    .argument('[key]', 'a published message')
    .option('--file <file>', 'a draft, in place of a published one')
    .option('--customer <id>', 'a test customer who reads it')
    .option(
      '--trait <name=value>',
      'a trait of somebody made up who reads it; repeatable',
      assignment,
    )
    .option('--locale <tag>', "read in this language. Default: the customer's")
    .action(
      acting(commands, (context, [key]: [string?], options: PreviewOptions) =>
        preview(context, key, options),
      ),
    )

  command(parent, 'publish', {
    summary: 'publish messages: shows what becomes of each, asks, publishes',
    examples: ['rumbo messages publish welcome-mail.json --note "a warmer tone"'],
  })
    .argument('<file...>', 'messages (.json, or .ts with a default export), or folders of them')
    .option('--note <text>', 'why; kept with the version')
    .option('--yes', 'do it without asking; needed where there is no terminal')
    .option('--dry-run', 'show what would be published and end')
    .action(
      acting(commands, (context, [paths]: [string[]], options: PublishOptions) =>
        publish(context, paths, options),
      ),
    )

  command(parent, 'list', {
    summary: 'list messages in their latest versions',
    examples: ['rumbo messages list'],
  }).action(acting(commands, (context) => list(context)))
}

const isSound = (files: readonly MessageFile[]): boolean =>
  files.every(({ message }) => message !== null)

const verdict = ({ stdout }: Context, files: readonly MessageFile[]): Answer => ({
  json: {
    ok: isSound(files),
    files: files.map(({ file, message, findings }) => ({
      file,
      key: message?.key ?? null,
      ok: message !== null,
      findings,
    })),
  },
  text: () =>
    renderChecked(
      stdout,
      files.map((file) => ({ ...file, name: file.message?.key ?? '' })),
    ),
  exitCode: isSound(files) ? EXIT.ok : EXIT.refused,
})

async function preview(
  context: Context,
  key: string | undefined,
  { file, customer, trait: traits, locale }: PreviewOptions,
): Promise<Answer> {
  if ((key === undefined) === (file === undefined))
    throw usageFailure('Name a published message, or a draft with --file.')
  const read = file === undefined ? [] : await readMessageFiles([file])
  if (!isSound(read)) return verdict(context, read)
  const [draft] = read
  const shown = await answerOf(
    context.connect().client.v1.messages.preview.$post({
      json: {
        ...(draft?.message == null ? { key } : { document: draft.message }),
        ...(customer === undefined ? {} : { customerId: customer }),
        ...(traits === undefined ? {} : { traits }),
        ...(locale === undefined ? {} : { locale }),
      },
    }),
  )
  const paint = painter(context.stdout)
  const hasFailed = shown.channels.some(({ problems }) => problems.length > 0)
  return {
    json: shown,
    text: () =>
      shown.channels
        .map(({ channel, locale: written, to, content, problems }) =>
          [
            paint('bold', `${channel}  ${written ?? 'for everybody'}  ${to ?? 'nowhere to go'}`),
            ...problems.map(({ path, message, line, column }) =>
              paint('red', `  ${path}:${line}:${column} ${message}`),
            ),
            ...contentLines(content as JsonValue),
          ].join('\n'),
        )
        .join('\n\n'),
    exitCode: hasFailed ? EXIT.refused : EXIT.ok,
  }
}

const contentLines = (content: JsonValue): string[] =>
  typeof content !== 'object' || content === null
    ? []
    : Object.entries(content).flatMap(([name, said]) => [
        `  ${name}`,
        ...(typeof said === 'string' ? said : JSON.stringify(said, null, 2))
          .split('\n')
          .map((line) => `    ${line}`),
      ])

interface Planned {
  readonly message: LibraryMessage
  /** The latest version when this was planned; publishing is refused where it is another by then. 0: none. */
  readonly base: number
}

async function publish(
  context: Context,
  paths: readonly string[],
  { note: why, yes = false, dryRun = false }: PublishOptions,
): Promise<Answer> {
  const files = await readMessageFiles(paths)
  if (!isSound(files)) return verdict(context, files)
  const server = context.connect()
  const plan = await Promise.all(
    files
      .flatMap(({ message }) => message ?? [])
      .map(async (message): Promise<Planned> => {
        const before = await findPublishedMessage(server, message.key)
        return { message, base: before?.version ?? 0 }
      }),
  )
  const json = plan.map(({ message, base }) => ({ key: message.key, base }))
  const shown = plan
    .map(
      ({ message, base }) =>
        `  ${message.key}  ${base === 0 ? 'is new' : `follows version ${base}`}`,
    )
    .join('\n')
  if (dryRun) return { json: { plan: json, published: [] }, text: () => shown }
  note(context, `${shown}\n`)
  if (!(await confirm(context, `Publish to ${server.url}?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was published.')
  const published: { key: string; version: number; hash: string }[] = []
  for (const { message, base } of plan) {
    const { key, version, hash } = await answerOf(
      server.client.v1.messages[':key'].$put({
        param: { key: inPath(message.key) },
        query: { base: String(base), ...(why === undefined ? {} : { note: why }) },
        json: message,
      }),
    )
    published.push({ key, version, hash })
  }
  return {
    json: { plan: json, published },
    text: () =>
      published
        .map(({ key, version }) => `${painter(context.stdout)('green', '✓')} ${key}@${version}`)
        .join('\n'),
  }
}

async function list({ connect, stdout }: Context): Promise<Answer> {
  const { messages } = connect().client.v1
  const data = await everyPage((query) => answerOf(messages.$get({ query })))
  return {
    json: data,
    text: () =>
      data.length === 0
        ? 'None was published.'
        : renderTable(
            stdout,
            ['message', 'version', 'published', 'title', 'languages'],
            data.map(({ key, version, publishedAt, title, document }) => [
              key,
              version,
              instantText(publishedAt),
              title,
              Object.keys((document as LibraryMessage).locales ?? {}).join(', '),
            ]),
          ),
  }
}
