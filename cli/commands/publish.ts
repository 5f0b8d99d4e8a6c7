import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import { checkFiles, checkOnServer, type CheckedFile } from '../check-files.ts'
import { confirm, note, painter, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure, Refused, usageFailure } from '../failures.ts'
import { readJourneyFiles } from '../journey-files.ts'
import { acting, command, type Commands, type JsonOption } from '../options.ts'
import {
  isToPublish,
  planPublication,
  renderPlan,
  type LocalJourney,
  type PlannedJourney,
  type ServerJourney,
} from '../publish-plan.ts'
import { takenMessage } from '../published-messages.ts'
import type { Server } from '../server.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import { renderFileFindings } from '../show-findings.ts'
import { findPublished } from './audiences.ts'
import { renderCheck, toJson } from './check.ts'

interface PublishOptions extends JsonOption {
  readonly dir?: string
  readonly note?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
}

export function addPublish(parent: Command, commands: Commands): void {
  command(parent, 'publish', {
    summary: 'publish journeys: shows a plan, asks, and publishes all or, on any error, none',
    examples: [
      'rumbo journeys publish welcome.json --note "shorter wait"',
      'rumbo journeys publish --dir journeys/ --dry-run',
      'rumbo journeys publish --dir journeys/ --yes --note "$GIT_COMMIT"',
    ],
  })
    .argument('[file...]', 'journeys (.json, or .ts with a default export), or folders of them')
    .option('--dir <folder>', 'all journeys of a folder; names those that are live without a file')
    .option('--note <text>', 'why; kept with the version')
    .option('--yes', 'do it without asking; needed where there is no terminal')
    .option('--dry-run', 'show the plan and end')
    .action(
      acting(commands, (context, [paths]: [string[]], options: PublishOptions) =>
        publish(context, paths, options),
      ),
    )
}

async function publish(
  context: Context,
  paths: readonly string[],
  { dir, note: why, yes = false, dryRun = false }: PublishOptions,
): Promise<Answer> {
  if ((dir === undefined) === (paths.length === 0))
    throw usageFailure('Name the files to publish, or a folder with --dir.')
  const read = await readJourneyFiles(dir === undefined ? paths : [dir])
  const here = checkFiles(read)
  if (!isSound(here)) return faulty(context, here)
  const server = context.connect()
  const files = await checkOnServer(server, read)
  if (!isSound(files)) return faulty(context, files)

  const local = await Promise.all(
    files.flatMap(({ file, journey }) =>
      journey === null ? [] : [pinned(server, { file, journey })],
    ),
  )
  const isWholeTruth = dir !== undefined
  const plan = planPublication(local, await loadJourneys(server, local, isWholeTruth), {
    isWholeTruth,
  })
  const todo = plan.filter(isToPublish)
  for (const file of files)
    if (file.findings.length > 0) note(context, `${renderFileFindings(context.stderr, file)}\n`)
  if (dryRun || todo.length === 0)
    return { json: { plan, published: [] }, text: () => renderPlan(context.stdout, plan) }

  note(context, `${renderPlan(context.stderr, plan)}\n`)
  if (!(await confirm(context, `Publish to ${server.url}?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was published.')
  return apply(context, server, { plan, local, why })
}

const isSound = (files: readonly CheckedFile[]): boolean =>
  files.every(({ journey }) => journey !== null)

const faulty = (context: Context, files: readonly CheckedFile[]): Answer => ({
  json: { ok: false, files: files.map(toJson), plan: [], published: [] },
  text: () => `${renderCheck(context.stdout, files)}\nNothing was published.`,
  exitCode: EXIT.refused,
})

/**
 * With the latest versions of the audience that enters it and of the messages that it uses, as the
 * server would take them: so the plan shows what changes by them.
 */
async function pinned(server: Server, { file, journey }: LocalJourney): Promise<LocalJourney> {
  const entry = await pinnedEntry(server, journey.entry)
  if (journey.messages === undefined) return { file, journey: { ...journey, entry } }
  const messages = await Promise.all(
    Object.entries(journey.messages).map(
      async ([name, message]) => [name, await takenMessage(server, message)] as const,
    ),
  )
  return { file, journey: { ...journey, entry, messages: Object.fromEntries(messages) } }
}

async function pinnedEntry(server: Server, entry: Journey['entry']): Promise<Journey['entry']> {
  if (entry.audience === undefined || entry.audience.hash !== undefined) return entry
  const latest = await findPublished(server, entry.audience.key)
  return latest === undefined
    ? entry
    : { ...entry, audience: { ...entry.audience, hash: latest.hash } }
}

/** What the server has of these journeys, or of all. */
async function loadJourneys(
  { client }: Server,
  local: readonly LocalJourney[],
  isAll: boolean,
): Promise<ServerJourney[]> {
  const wanted = new Set(local.map(({ journey }) => journey.key))
  const rows = await everyPage((query) => answerOf(client.v1.journeys.$get({ query })))
  return Promise.all(
    rows
      .filter(({ key }) => isAll || wanted.has(key))
      .map(async ({ key, title, latestVersion, live }): Promise<ServerJourney> => {
        if (live === null) return { key, title, latestVersion, live: null }
        const { version, definition } = await answerOf(
          client.v1.journeys[':key'].versions[':version'].$get({
            param: { key: inPath(key), version: String(live.version) },
          }),
        )
        return { key, title, latestVersion, live: { version, definition: definition as Journey } }
      }),
  )
}

interface Published {
  readonly key: string
  readonly version: number
  readonly hash: string
}

async function apply(
  context: Context,
  { client }: Server,
  {
    plan,
    local,
    why,
  }: {
    readonly plan: readonly PlannedJourney[]
    readonly local: readonly LocalJourney[]
    readonly why: string | undefined
  },
): Promise<Answer> {
  const published: Published[] = []
  for (const { key, base } of plan.filter(isToPublish)) {
    const definition = local.find(({ journey }) => journey.key === key)?.journey
    try {
      const { version, hash } = await answerOf(
        client.v1.journeys[':key'].versions.$post({
          param: { key: inPath(key) },
          query: { base: String(base), ...(why === undefined ? {} : { note: why }) },
          json: definition,
        }),
      )
      published.push({ key, version, hash })
    } catch (error) {
      throw explained(error, key, published)
    }
  }
  const paint = painter(context.stdout)
  return {
    json: { plan, published },
    text: () =>
      published
        .map(({ key, version }) => {
          const isRetitled = plan.some((one) => one.key === key && one.action === 'retitled')
          return `${paint('green', '✓')} ${key}@${version} ${isRetitled ? 'has another title' : 'is published'}`
        })
        .join('\n'),
  }
}

/** What stands in the way of one, and what had been done by then. */
function explained(error: unknown, key: string, published: readonly Published[]): unknown {
  if (!(error instanceof CommandFailure)) return error
  const done =
    published.length === 0
      ? 'Nothing was published.'
      : `Published before that: ${published.map(({ key, version }) => `${key}@${version}`).join(', ')}.`
  const reason =
    error instanceof Refused && error.status === 409
      ? `Somebody else has published "${key}" since the plan was made. Look at it (rumbo journeys show ${key}), take over what is there, and publish again.`
      : ''
  const message = [`"${key}" was not published: ${error.message}`, reason, done]
    .filter((text) => text !== '')
    .join(' ')
  return new CommandFailure(error.exitCode, error.code, message, error.findings)
}
