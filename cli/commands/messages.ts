import type { Command } from 'commander'
import type { LibraryMessage } from '../../domain/library/library-message.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import { painter, type Context } from '../context.ts'
import { areSound, documentsOf } from '../document-files.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failures.ts'
import { readMessageFiles } from '../message-files.ts'
import { acting, assignment, command, type Commands, type JsonOption } from '../options.ts'
import { findPublishedMessage } from '../published-messages.ts'
import { instantText, listAnswer } from '../table.ts'
import {
  filesArgument,
  publishOptions,
  publishPlanned,
  verdict,
  type PublishOptions,
  type Put,
} from './publish-documents.ts'

interface PreviewOptions extends JsonOption {
  readonly file?: string
  readonly customer?: string
  readonly trait?: JsonObject
  readonly locale?: string
}

/** Messages that journeys share: checked, shown, published. */
export function addMessageCommands(parent: Command, commands: Commands): void {
  const checking = command(parent, 'check', {
    summary: 'say everything that is wrong with messages in files; works without a server',
    examples: ['rumbo messages check messages/'],
  })
  filesArgument(checking, 'messages').action(
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

  const publishing = command(parent, 'publish', {
    summary: 'publish messages: shows what becomes of each, asks, publishes',
    examples: ['rumbo messages publish welcome-mail.json --note "a warmer tone"'],
  })
  publishOptions(filesArgument(publishing, 'messages')).action(
    acting(commands, (context, [paths]: [string[]], options: PublishOptions) =>
      publish(context, paths, options),
    ),
  )

  command(parent, 'list', {
    summary: 'list messages in their latest versions',
    examples: ['rumbo messages list'],
  }).action(acting(commands, (context) => list(context)))
}

async function preview(
  context: Context,
  key: string | undefined,
  { file, customer, trait: traits, locale }: PreviewOptions,
): Promise<Answer> {
  if ((key === undefined) === (file === undefined))
    throw usageFailure('Name a published message, or a draft with --file.')
  const read = file === undefined ? [] : await readMessageFiles([file])
  if (!areSound(read)) return verdict(context, read)
  const [draft] = read
  const shown = await answerOf(
    context.connect().client.v1.messages.preview.$post({
      json: {
        ...(draft?.document == null ? { key } : { document: draft.document }),
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

async function publish(
  context: Context,
  paths: readonly string[],
  options: PublishOptions,
): Promise<Answer> {
  const files = await readMessageFiles(paths)
  if (!areSound(files)) return verdict(context, files)
  const server = context.connect()
  const plan = await Promise.all(
    documentsOf(files).map(async (document) => ({
      document,
      base: (await findPublishedMessage(server, document.key))?.version ?? 0,
    })),
  )
  const shown = plan
    .map(
      ({ document, base }) =>
        `  ${document.key}  ${base === 0 ? 'is new' : `follows version ${base}`}`,
    )
    .join('\n')
  const put: Put<LibraryMessage> = (json, query) =>
    answerOf(
      server.client.v1.messages[':key'].$put({ param: { key: inPath(json.key) }, query, json }),
    )
  return publishPlanned(context, server, { plan, shown, put }, options)
}

async function list(context: Context): Promise<Answer> {
  const { messages } = context.connect().client.v1
  const data = await everyPage((query) => answerOf(messages.$get({ query })))
  return listAnswer(context, data, {
    none: 'None was published.',
    head: ['message', 'version', 'published', 'title', 'languages'],
    row: ({ key, version, publishedAt, title, document }) => [
      key,
      version,
      instantText(publishedAt),
      title,
      Object.keys((document as LibraryMessage).locales ?? {}).join(', '),
    ],
  })
}
