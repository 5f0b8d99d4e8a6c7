import type { Command } from 'commander'
import type { InferResponseType } from 'hono/client'
import { audienceContent, type Audience } from '../../domain/audiences/audience.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import type { Answer } from '../answer.ts'
import { checkAudiencesOnServer, readAudienceFiles } from '../audience-files.ts'
import { answerIfAny, answerOf, everyPage, inPath } from '../call.ts'
import { note, type Context } from '../context.ts'
import { areSound, documentsOf } from '../document-files.ts'
import { usageFailure } from '../failures.ts'
import { acting, command, share, type Commands, type JsonOption } from '../options.ts'
import type { Server } from '../server.ts'
import { renderFileFindings } from '../show-findings.ts'
import { instantText, listAnswer, renderPairs } from '../table.ts'
import {
  filesArgument,
  publishOptions,
  publishPlanned,
  verdict,
  type Planned,
  type PublishOptions,
  type Put,
} from './publish-documents.ts'

interface CountOptions extends JsonOption {
  readonly file?: string
  readonly sample?: number
}

/** Customers who have something in common: checked, counted, published. */
export function addAudienceCommands(parent: Command, commands: Commands): void {
  const checking = command(parent, 'check', {
    summary: 'say everything that is wrong with audiences in files; works without a server',
    examples: ['rumbo audiences check examples/audiences/*.json'],
  })
  filesArgument(checking, 'audiences')
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

  const publishing = command(parent, 'publish', {
    summary: 'publish audiences: shows how many customers each has, asks, publishes',
    examples: ['rumbo audiences publish delayed-sofa.json --note "the March delay"'],
  })
  publishOptions(filesArgument(publishing, 'audiences')).action(
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

async function count(
  context: Context,
  key: string | undefined,
  { file, sample }: CountOptions,
): Promise<Answer> {
  if ((key === undefined) === (file === undefined))
    throw usageFailure('Name a published audience, or a draft with --file.')
  const read = file === undefined ? [] : await readAudienceFiles([file])
  if (!areSound(read)) return verdict(context, read)
  const [draft] = read
  const found = await answerOf(
    context.connect().client.v1.audiences.count.$post({
      json: {
        ...(draft?.document == null ? { key } : { document: draft.document }),
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

interface PlannedAudience extends Planned<Audience> {
  readonly isNew: boolean
  readonly matching: number
  readonly customers: number
}

async function publish(
  context: Context,
  paths: readonly string[],
  options: PublishOptions,
): Promise<Answer> {
  const here = await readAudienceFiles(paths)
  if (!areSound(here)) return verdict(context, here)
  const server = context.connect()
  const files = await checkAudiencesOnServer(server, here)
  if (!areSound(files)) return verdict(context, files)
  for (const file of files)
    if (file.findings.length > 0) note(context, `${renderFileFindings(context.stderr, file)}\n`)
  const plan = await Promise.all(documentsOf(files).map((audience) => planOne(server, audience)))
  const put: Put<Audience> = (json, query) =>
    answerOf(
      server.client.v1.audiences[':key'].$put({ param: { key: inPath(json.key) }, query, json }),
    )
  return publishPlanned(context, server, { plan, shown: renderPlan(plan), put }, options)
}

async function planOne(server: Server, audience: Audience): Promise<PlannedAudience> {
  const before = await findPublished(server, audience.key)
  const { matching, customers } = await answerOf(
    server.client.v1.audiences.count.$post({ json: { document: audience } }),
  )
  return {
    document: audience,
    base: before?.version ?? 0,
    isNew: before === undefined || contentOf(before.document) !== contentOf(audience),
    matching,
    customers,
  }
}

const contentOf = (audience: Audience): string => canonicalJson(audienceContent(audience))

/** The latest version on the server; undefined where there is none. */
export async function findPublished({ client }: Server, key: string) {
  const found = await answerIfAny(client.v1.audiences[':key'].$get({ param: { key: inPath(key) } }))
  return found && { ...found, document: found.document as Audience }
}

const renderPlan = (plan: readonly PlannedAudience[]): string =>
  plan
    .map(({ document: { key }, base, isNew, matching, customers }) => {
      const what = isNew ? `becomes version ${base + 1}` : `unchanged, version ${base}`
      return `  ${isNew ? '+' : '='} ${key}  ${what}: ${matching} of ${customers} customers`
    })
    .join('\n')

async function list(context: Context): Promise<Answer> {
  const { audiences } = context.connect().client.v1
  const data = await everyPage((query) => answerOf(audiences.$get({ query })))
  return listAnswer(context, data, {
    none: 'None was published.',
    head: ['audience', 'version', 'published', 'title', 'condition'],
    row: ({ key, version, publishedAt, title, document }) => [
      key,
      version,
      instantText(publishedAt),
      title,
      (document as Audience).when,
    ],
  })
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
