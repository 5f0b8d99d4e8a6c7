import type { Command } from 'commander'
import { renderDiff } from '../show-diff.ts'
import { instantText, listAnswer, renderPairs, renderTable } from '../table.ts'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import { confirm, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure } from '../failures.ts'
import { acting, command, wholeNumber, type Commands, type JsonOption } from '../options.ts'

/** Looking at journeys and their versions, and ending or bringing back one. */

interface ChangeOptions extends JsonOption {
  readonly yes?: boolean
}
const YES = ['--yes', 'do it without asking; needed where there is no terminal'] as const

export function addVersionCommands(parent: Command, commands: Commands): void {
  command(parent, 'list', {
    summary: 'list the journeys of the server, with how many customers are in them',
    examples: ['rumbo journeys list', 'rumbo journeys list --json'],
  }).action(acting(commands, (context) => list(context)))

  command(parent, 'show', {
    summary: 'show a journey with its versions and where its customers are, or one version',
    examples: [
      'rumbo journeys show welcome',
      'rumbo journeys show welcome --version 2 --json > welcome-2.json',
    ],
  })
    .argument('<key>', 'the journey')
    .option('--version <n>', 'this version, with its definition', wholeNumber(1))
    .action(
      acting(commands, (context, [key]: [string], { version }: JsonOption & { version?: number }) =>
        version === undefined ? show(context, key) : showVersion(context, key, version),
      ),
    )

  command(parent, 'diff', {
    summary: 'show what is different between two versions, by step and message',
    examples: ['rumbo journeys diff welcome --from 1 --to 2'],
  })
    .argument('<key>', 'the journey')
    .requiredOption('--from <n>', 'the version to start from', wholeNumber(1))
    .requiredOption('--to <n>', 'the version to compare it with', wholeNumber(1))
    .action(
      acting(
        commands,
        (context, [key]: [string], options: JsonOption & { from: number; to: number }) =>
          diff(context, key, options),
      ),
    )

  command(parent, 'rollback', {
    summary: 'publish the content of an older version again, as the newest one',
    examples: ['rumbo journeys rollback welcome --to 2 --yes'],
  })
    .argument('<key>', 'the journey')
    .requiredOption('--to <n>', 'the version whose content is to be live again', wholeNumber(1))
    .option(...YES)
    .action(
      acting(commands, (context, [key]: [string], options: ChangeOptions & { to: number }) =>
        rollBack(context, key, options),
      ),
    )

  for (const verb of ['close', 'stop'] as const)
    command(parent, verb, {
      summary:
        verb === 'close'
          ? 'let nobody enter a version any more; who is inside goes on to the end'
          : 'let nobody enter a version any more, and end the run of everybody inside now',
      examples: [`rumbo journeys ${verb} welcome 2 --yes`],
    })
      .argument('<key>', 'the journey')
      .argument('<version>', 'the version', wholeNumber(1))
      .option(...YES)
      .action(
        acting(commands, (context, [key, version]: [string, number], options: ChangeOptions) =>
          endVersion(context, { verb, key, version }, options),
        ),
      )
}

async function list({ connect, stdout }: Context): Promise<Answer> {
  const { client } = connect()
  const journeys = await everyPage((query) => answerOf(client.v1.journeys.$get({ query })))
  return listAnswer({ stdout }, journeys, {
    none: 'No journey is published.',
    head: ['journey', 'title', 'live', 'published', 'customers in it'],
    row: ({ key, title, live, headCount }) => [
      key,
      title,
      live?.version ?? null,
      live === null ? null : instantText(live.publishedAt),
      headCount,
    ],
  })
}

async function show({ connect, stdout }: Context, key: string): Promise<Answer> {
  const { client } = connect()
  const journey = await answerOf(client.v1.journeys[':key'].$get({ param: { key: inPath(key) } }))
  const heads = journey.versions.flatMap(({ version, headCount }) =>
    Object.entries(headCount.steps).map(
      ([step, { active, paused }]) => [version, step, active, paused] as const,
    ),
  )
  return {
    json: journey,
    text: () =>
      [
        renderPairs(stdout, [
          ['journey', journey.key],
          ['title', journey.title],
          ['live', journey.live === null ? 'no version' : `version ${journey.live.version}`],
          ['customers', journey.headCount],
        ]),
        renderTable(
          stdout,
          ['version', 'lane', 'status', 'published', 'customers', 'hash', 'note'],
          journey.versions.map(({ version, lane, status, publishedAt, headCount, hash, note }) => [
            version,
            lane,
            status,
            instantText(publishedAt),
            headCount.total,
            hash.slice(0, 12),
            note,
          ]),
        ),
        renderTable(stdout, ['version', 'step', 'active', 'paused'], heads),
      ]
        .filter((part) => part !== '')
        .join('\n\n'),
  }
}

async function showVersion({ connect }: Context, key: string, version: number): Promise<Answer> {
  const { client } = connect()
  const { definition, ...rest } = await answerOf(
    client.v1.journeys[':key'].versions[':version'].$get({
      param: { key: inPath(key), version: String(version) },
    }),
  )
  return {
    json: { ...rest, definition },
    // The definition as a file would hold it.
    text: () => JSON.stringify(definition, null, 2),
  }
}

async function diff(
  { connect, stdout }: Context,
  key: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Answer> {
  const { client } = connect()
  const found = await answerOf(
    client.v1.journeys[':key'].diff.$get({
      param: { key: inPath(key) },
      query: { from: String(from), to: String(to) },
    }),
  )
  return { json: found, text: () => renderDiff(stdout, found) }
}

async function rollBack(
  context: Context,
  key: string,
  { to, yes = false }: ChangeOptions & { readonly to: number },
): Promise<Answer> {
  const { client } = context.connect()
  if (!(await confirm(context, `Publish the content of ${key}@${to} again?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was changed.')
  const published = await answerOf(
    client.v1.journeys[':key'].rollback.$post({ param: { key: inPath(key) }, json: { to } }),
  )
  return {
    json: published,
    text: () => `${key}@${published.version} is published, with the content of version ${to}.`,
  }
}

async function endVersion(
  context: Context,
  { verb, key, version }: { verb: 'close' | 'stop'; key: string; version: number },
  { yes = false }: ChangeOptions,
): Promise<Answer> {
  const { client } = context.connect()
  const param = { key: inPath(key), version: String(version) }
  const of = client.v1.journeys[':key'].versions[':version']
  const { headCount } = await answerOf(of.$get({ param }))
  const who = `${headCount.total} ${headCount.total === 1 ? 'customer is' : 'customers are'} inside`
  const question =
    verb === 'close'
      ? `Close ${key}@${version}? ${who} and will go on to the end.`
      : `Stop ${key}@${version}? ${who} and will leave now.`
  if (!(await confirm(context, question, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was changed.')
  const ended = await answerOf(of[verb].$post({ param }))
  return {
    json: ended,
    text: () => `${key}@${version} is ${verb === 'close' ? 'closed' : 'stopped'}.`,
  }
}
