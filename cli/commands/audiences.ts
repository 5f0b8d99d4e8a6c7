import type { Command } from 'commander'
import type { InferResponseType } from 'hono/client'
import { audienceContent, type Audience } from '../../domain/audiences/audience.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import type { Answer } from '../answer.ts'
import { checkAudiencesOnServer, readAudienceFiles, type AudienceFile } from '../audience-files.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import { confirm, note, painter, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure, Refused, usageFailure } from '../failures.ts'
import { acting, command, share, type Commands, type JsonOption } from '../options.ts'
import type { Server } from '../server.ts'
import { renderFileFindings } from '../show-findings.ts'
import { instantText, renderPairs, renderTable } from '../table.ts'
import { renderChecked } from './check.ts'

interface PublishOptions extends JsonOption {
  readonly note?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
}
interface CountOptions extends JsonOption {
  readonly file?: string
  readonly sample?: number
}

/** Customers who have something in common: checked, counted, published. */
export function addAudienceCommands(parent: Command, commands: Commands): void {
  command(parent, 'check', {
    summary: 'say everything that is wrong with audiences in files; works without a server',
    examples: ['rumbo audiences check examples/audiences/*.json'],
  })
    .argument('<file...>', 'audiences (.json, or .ts with a default export), or folders of them')
    .option('--server', 'ask the server too: it knows which events and traits there are')
    .action(
      acting(
        commands,
        (context, [paths]: [string[]], { server = false }: JsonOption & { server?: boolean }) =>
          check(context, paths, server),
      ),
    )

  command(parent, 'count', {
    summary: 'count who belongs to an audience now, and whom of them each channel leads to',
    examples: [
      'rumbo audiences count delayed-sofa',
      'rumbo audiences count --file delayed-sofa.json --sample 0.1',
    ],
  })
    .argument('[key]', 'a published audience')
    .option('--file <file>', 'a draft, in place of a published one')
    .option('--sample <share>', 'only this share of the customers', share)
    .action(
      acting(commands, (context, [key]: [string?], options: CountOptions) =>
        count(context, key, options),
      ),
    )

  command(parent, 'publish', {
    summary: 'publish audiences: shows how many customers each has, asks, publishes',
    examples: ['rumbo audiences publish delayed-sofa.json --note "the March delay"'],
  })
    .argument('<file...>', 'audiences (.json, or .ts with a default export), or folders of them')
    .option('--note <text>', 'why; kept with the version')
    .option('--yes', 'do it without asking; needed where there is no terminal')
    .option('--dry-run', 'show what would be published and end')
    .action(
      acting(commands, (context, [paths]: [string[]], options: PublishOptions) =>
        publish(context, paths, options),
      ),
    )

  command(parent, 'list', {
    summary: 'list audiences in their latest versions',
    examples: ['rumbo audiences list'],
  }).action(acting(commands, (context) => list(context)))

  command(parent, 'show', {
    summary: 'show an audience, and where it is watched, who came and went at the last look',
    examples: ['rumbo audiences show delayed-sofa'],
  })
    .argument('<key>', 'a published audience')
    .action(acting(commands, (context, [key]: [string]) => show(context, key)))
}

async function check(
  context: Context,
  paths: readonly string[],
  asksServer: boolean,
): Promise<Answer> {
  const read = await readAudienceFiles(paths)
  return verdict(context, asksServer ? await checkAudiencesOnServer(context.connect(), read) : read)
}

const verdict = ({ stdout }: Context, files: readonly AudienceFile[]): Answer => {
  const ok = isSound(files)
  return {
    json: {
      ok,
      files: files.map(({ file, audience, findings }) => ({
        file,
        key: audience?.key ?? null,
        ok: audience !== null,
        findings,
      })),
    },
    text: () =>
      renderChecked(
        stdout,
        files.map((file) => ({ ...file, name: file.audience?.key ?? '' })),
      ),
    exitCode: ok ? EXIT.ok : EXIT.refused,
  }
}

const isSound = (files: readonly AudienceFile[]): boolean =>
  files.every(({ audience }) => audience !== null)

async function count(
  context: Context,
  key: string | undefined,
  { file, sample }: CountOptions,
): Promise<Answer> {
  if ((key === undefined) === (file === undefined))
    throw usageFailure('Name a published audience, or a draft with --file.')
  const read = file === undefined ? [] : await readAudienceFiles([file])
  if (!isSound(read)) return verdict(context, read)
  const [draft] = read
  const found = await answerOf(
    context.connect().client.v1.audiences.count.$post({
      json: {
        ...(draft?.audience == null ? { key } : { document: draft.audience }),
        ...(sample === undefined ? {} : { sample }),
      },
    }),
  )
  return {
    json: found,
    text: () =>
      renderPairs(context.stdout, [
        ['customers', found.customers],
        ['share looked at', found.sample],
        ['belong to it', found.matching],
        ['condition failed', found.failed],
        ...found.channels.map(
          ({ channel, reachable, marketing }) =>
            [channel, `reaches ${reachable}, ${marketing} with consent to marketing`] as const,
        ),
      ]),
  }
}

interface Planned {
  readonly audience: Audience
  /** The latest version when this was planned; publishing is refused where it is another by then. 0: none. */
  readonly base: number
  readonly isNew: boolean
  readonly matching: number
  readonly customers: number
}

async function publish(
  context: Context,
  paths: readonly string[],
  { note: why, yes = false, dryRun = false }: PublishOptions,
): Promise<Answer> {
  const here = await readAudienceFiles(paths)
  if (!isSound(here)) return verdict(context, here)
  const server = context.connect()
  const files = await checkAudiencesOnServer(server, here)
  if (!isSound(files)) return verdict(context, files)
  for (const file of files)
    if (file.findings.length > 0) note(context, `${renderFileFindings(context.stderr, file)}\n`)
  const audiences = files.flatMap(({ audience }) => (audience === null ? [] : [audience]))
  const plan = await Promise.all(audiences.map((audience) => planOne(server, audience)))
  const json = plan.map(({ audience, ...planned }) => ({ key: audience.key, ...planned }))
  if (dryRun) return { json: { plan: json, published: [] }, text: () => renderPlan(plan) }
  note(context, `${renderPlan(plan)}\n`)
  if (!(await confirm(context, `Publish to ${server.url}?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was published.')
  const published: { key: string; version: number; hash: string }[] = []
  for (const { audience, base } of plan) {
    const { key, version, hash } = await answerOf(
      server.client.v1.audiences[':key'].$put({
        param: { key: inPath(audience.key) },
        query: { base: String(base), ...(why === undefined ? {} : { note: why }) },
        json: audience,
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

async function planOne(server: Server, audience: Audience): Promise<Planned> {
  const before = await findPublished(server, audience.key)
  const { matching, customers } = await answerOf(
    server.client.v1.audiences.count.$post({ json: { document: audience } }),
  )
  return {
    audience,
    base: before?.version ?? 0,
    isNew: before === undefined || contentOf(before.document) !== contentOf(audience),
    matching,
    customers,
  }
}

const contentOf = (audience: Audience): string => canonicalJson(audienceContent(audience))

/** The latest version on the server; undefined where there is none. */
export async function findPublished({ client }: Server, key: string) {
  try {
    const found = await answerOf(client.v1.audiences[':key'].$get({ param: { key: inPath(key) } }))
    return { ...found, document: found.document as Audience }
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined
    throw error
  }
}

const renderPlan = (plan: readonly Planned[]): string =>
  plan
    .map(({ audience: { key }, base, isNew, matching, customers }) => {
      const what = isNew ? `becomes version ${base + 1}` : `unchanged, version ${base}`
      return `  ${isNew ? '+' : '='} ${key}  ${what}: ${matching} of ${customers} customers`
    })
    .join('\n')

async function list({ connect, stdout }: Context): Promise<Answer> {
  const { audiences } = connect().client.v1
  const data = await everyPage((query) => answerOf(audiences.$get({ query })))
  return {
    json: data,
    text: () =>
      data.length === 0
        ? 'None was published.'
        : renderTable(
            stdout,
            ['audience', 'version', 'published', 'title', 'condition'],
            data.map(({ key, version, publishedAt, title, document }) => [
              key,
              version,
              instantText(publishedAt),
              title,
              (document as Audience).when,
            ]),
          ),
  }
}

async function show({ connect, stdout }: Context, key: string): Promise<Answer> {
  const found = await answerOf(
    connect().client.v1.audiences[':key'].$get({ param: { key: inPath(key) } }),
  )
  const { watch, when } = found.document as Audience
  return {
    json: found,
    text: () =>
      renderPairs(stdout, [
        ['audience', `${found.key}@${found.version}`],
        ['title', found.title],
        ['condition', when],
        ['looked at every', watch ?? 'never'],
        ...(found.watched === undefined ? [] : pairsOfLook(found.watched)),
      ]),
  }
}

type Watched = NonNullable<
  InferResponseType<Server['client']['v1']['audiences'][':key']['$get'], 200>['watched']
>

const pairsOfLook = (look: Watched): [string, string | number][] => [
  ['belong to it', look.members],
  ['last whole look', look.lookedAt === null ? 'none yet' : instantText(look.lookedAt)],
  ['customers looked at', look.looked],
  ['came', look.joined],
  ['went', look.left],
  ['condition failed', look.failed],
  ['told', look.silent ? 'nobody: the first look by these rules' : 'each who came or went'],
]
