import type { Command } from 'commander'
import type { BacktestComparison, BacktestReport } from '../../domain/backtest/report.ts'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { diffRules } from '../../domain/diff-rules.ts'
import type { Change } from '../../domain/json-changes.ts'
import type { RetentionRules } from '../../domain/retention/retention-rules.ts'
import {
  ruleTitle,
  ruleContent,
  type CheckedRules,
  type RuleDocument,
  type RuleDocumentKind,
} from '../../domain/rule-documents.ts'
import type { Answer } from '../answer.ts'
import { renderBacktest } from '../backtest-tables.ts'
import { answerOf } from '../call.ts'
import { confirm, note, painter, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure, Refused, usageFailure } from '../failures.ts'
import {
  acting,
  command,
  instant,
  share,
  wholeNumber,
  type Commands,
  type JsonOption,
} from '../options.ts'
import { readRuleFiles, renderRuleFiles } from '../rule-files.ts'
import type { Server } from '../server.ts'
import { renderChanges } from '../show-diff.ts'
import { renderRetained, type RetentionPreview } from '../show-retained.ts'
import { renderFileFindings } from '../show-findings.ts'
import { callsOf, checkOnServer, kindArgument, kindOption } from './rules.ts'
import { renderMoves, type LifecyclePreview } from './show-moves.ts'
import { watchJob } from './watch-job.ts'

/** Publishing rules that stand beside the journeys, and bringing back older ones. */

interface PreviewOptions {
  readonly preview?: boolean
  readonly from?: string
  readonly to?: string
  readonly sample?: number
}

interface PublishOptions extends JsonOption, PreviewOptions {
  readonly kind?: RuleDocumentKind
  readonly note?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
}

const YES = ['--yes', 'do it without asking; needed where there is no terminal'] as const

export function addPublishRules(parent: Command, commands: Commands): void {
  command(parent, 'publish', {
    summary: 'publish rules that stand beside the journeys: shows what changes, asks, publishes',
    examples: [
      'rumbo rules publish contact-policy.json --note "three mails a week"',
      'rumbo rules publish contact-policy.json --preview --from 2026-09-01 --to 2026-12-01',
      'rumbo rules publish arbitration.json --yes',
      'rumbo rules publish lifecycle.json --preview',
      'rumbo rules publish retention.json --preview --dry-run',
    ],
  })
    .argument('<file>', 'the rules (.json, or .ts with a default export)')
    .addOption(kindOption())
    .option('--note <text>', 'why; kept with the version')
    .option('--preview', 'play it first over what was recorded: what is live beside the draft')
    .option('--from <instant>', 'where the window of the preview begins', instant)
    .option('--to <instant>', 'where it ends; this instant is not in it', instant)
    .option('--sample <share>', 'preview with this share of the customers only', share)
    .option(...YES)
    .option('--dry-run', 'show what would change and end')
    .action(
      acting(commands, (context, [path]: [string], options: PublishOptions) =>
        publish(context, path, options),
      ),
    )

  command(parent, 'rollback', {
    summary: 'publish the content of an older version again, as the newest one',
    examples: ['rumbo rules rollback contact-policy --to 2 --yes'],
  })
    .addArgument(kindArgument())
    .requiredOption('--to <n>', 'the version whose content is to hold again', wholeNumber(1))
    .option(...YES)
    .action(
      acting(
        commands,
        (
          context,
          [kind]: [RuleDocumentKind],
          options: JsonOption & { readonly to: number; readonly yes?: boolean },
        ) => rollBack(context, kind, options),
      ),
    )
}

async function publish(context: Context, path: string, options: PublishOptions): Promise<Answer> {
  const read = await readRuleFiles([path], options.kind)
  if (read.length !== 1) throw usageFailure('Name one file of rules.')
  const isSound = read.every(({ checked }) => checked !== null)
  const server = isSound ? context.connect() : null
  const [file] = server === null ? read : await checkOnServer(server, read)
  if (server === null || file === undefined || file.checked === null)
    return {
      json: { ok: false, findings: file?.findings ?? [] },
      text: () =>
        `${renderRuleFiles(context.stdout, file === undefined ? [] : [file])}\nNothing was published.`,
      exitCode: EXIT.refused,
    }
  if (file.findings.length > 0) note(context, `${renderFileFindings(context.stderr, file)}\n`)

  const { checked } = file
  const window = windowOf(checked.kind, options)
  const { kind, document } = checked
  const inForce = await rulesInForce(server, kind)
  const isSame =
    canonicalJson(ruleContent(document)) === canonicalJson(ruleContent(inForce.document))
  const plan: Plan = { kind, base: inForce.version, changes: diffRules(inForce.document, document) }
  if (isSame && inForce.version > 0)
    return { json: { plan, published: null }, text: () => renderPlan(context.stdout, plan) }
  if (options.dryRun === true && window === null)
    return { json: { plan, published: null }, text: () => renderPlan(context.stdout, plan) }

  note(context, `${renderPlan(context.stderr, plan)}\n`)
  const preview = await playPreview(context, server, { checked, window })
  if (preview !== null && (options.dryRun === true || options.json !== true))
    note(context, `${renderPreview(context.stderr, preview)}\n`)
  if (options.dryRun === true)
    return { json: { plan, preview, published: null }, text: () => 'Nothing was published.' }
  const title = ruleTitle(kind)
  if (!(await confirm(context, `Publish ${title} to ${server.url}?`, options.yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was published.')
  const published = await put(server, {
    checked,
    base: plan.base,
    ...(options.note === undefined ? {} : { note: options.note }),
  })
  return {
    json: { plan, ...(preview === null ? {} : { preview }), published },
    text: () => publishedLine(context, kind, published.version),
  }
}

interface Plan {
  readonly kind: RuleDocumentKind
  /** The version in force when this was planned; publishing is refused where it is another by then. */
  readonly base: number
  readonly changes: readonly Change[]
}

const renderPlan = (stream: Context['stdout'], { kind, base, changes }: Plan): string =>
  changes.length === 0 && base > 0
    ? `  = ${kind}  unchanged, version ${base}\n\nNothing to publish.`
    : `  ${base === 0 ? '+' : '~'} ${kind}  ${base === 0 ? 'new, becomes version 1' : `version ${base} → ${base + 1}`}\n${changes.length === 0 ? '    empty' : renderChanges(stream, changes)}`

/** What is looked at: recorded events of a window, or, for the lifecycle, customers as they are. */
interface Window {
  readonly from: string
  readonly to: string
  readonly sample?: number
}
interface Now {
  readonly sample?: number
}

function windowOf(
  kind: RuleDocumentKind,
  { preview = false, from, to, sample }: PreviewOptions,
): Window | Now | null {
  if (!preview) {
    if (from === undefined && to === undefined && sample === undefined) return null
    throw usageFailure('--from, --to and --sample are for --preview.')
  }
  const playsEvents = kind === 'contact-policy' || kind === 'arbitration'
  if (!playsEvents && kind !== 'lifecycle' && kind !== 'retention')
    throw usageFailure(
      `Nobody can say beforehand what ${ruleTitle(kind)} would do: without --preview.`,
    )
  if (!playsEvents && (from !== undefined || to !== undefined))
    throw usageFailure(
      `For ${ruleTitle(kind)} it is looked at what is stored as it is: without --from, --to.`,
    )
  if (kind === 'retention' && sample !== undefined)
    throw usageFailure('Retention rules are tried on all that is stored: without --sample.')
  if (!playsEvents) return sample === undefined ? {} : { sample }
  if (from === undefined || to === undefined)
    throw usageFailure('Say which window is to be played: --from and --to.')
  return { from, to, ...(sample === undefined ? {} : { sample }) }
}

async function playPreview(
  context: Context,
  server: Server,
  { checked, window }: { readonly checked: CheckedRules; readonly window: Window | Now | null },
): Promise<Preview | null> {
  if (window === null) return null
  if (checked.kind === 'lifecycle')
    return answerOf(
      server.client.v1.lifecycle.preview.$post({ json: { document: checked.document, ...window } }),
    )
  if (checked.kind === 'retention') {
    const { document } = checked
    const deleted = await answerOf(server.client.v1.retention.preview.$post({ json: { document } }))
    return { document, deleted }
  }
  if (!('from' in window)) return null
  const draft =
    checked.kind === 'contact-policy'
      ? { contactPolicy: checked.document }
      : { arbitration: checked.document }
  const { jobId } = await answerOf(
    server.client.v1.journeys.backtest.$post({
      json: { ...window, ...draft, compare: true },
    }),
  )
  return watchJob(context, server, { jobId, isOurs: true })
}

type Preview =
  | BacktestReport
  | BacktestComparison
  | LifecyclePreview
  | { readonly document: RetentionRules; readonly deleted: RetentionPreview }

function renderPreview(stream: Context['stderr'], preview: Preview): string {
  if ('matrix' in preview) return renderMoves(stream, preview)
  if ('deleted' in preview) return renderRetained(stream, preview.document, preview.deleted)
  return renderBacktest(stream, preview)
}

async function rulesInForce(
  server: Server,
  kind: RuleDocumentKind,
): Promise<{ version: number; document: RuleDocument }> {
  const { version, document } = await answerOf(callsOf(server, kind).$get())
  return { version, document: document as RuleDocument }
}

async function put(
  server: Server,
  publication: { readonly checked: CheckedRules; readonly base: number; readonly note?: string },
) {
  const { checked, base, note: why } = publication
  const { kind, document } = checked
  try {
    return await answerOf(
      callsOf(server, kind).$put({
        query: { base: String(base), ...(why === undefined ? {} : { note: why }) },
        json: document,
      }),
    )
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 409) throw error
    throw new CommandFailure(
      error.exitCode,
      error.code,
      `Nothing was published: ${error.message} Look at it (rumbo rules show ${kind}), take over what is there, and publish again.`,
    )
  }
}

async function rollBack(
  context: Context,
  kind: RuleDocumentKind,
  { to, yes = false }: { readonly to: number; readonly yes?: boolean },
): Promise<Answer> {
  const server = context.connect()
  const calls = callsOf(server, kind)
  const earlier = await answerOf(
    calls.versions[':version'].$get({ param: { version: String(to) } }),
  )
  // It was checked when it was published.
  const checked = { kind, document: earlier.document } as CheckedRules
  const inForce = await rulesInForce(server, kind)
  note(context, renderChanges(context.stderr, diffRules(inForce.document, checked.document)))
  const question = `Publish version ${to} of ${ruleTitle(kind)} again?`
  if (!(await confirm(context, question, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was changed.')
  const published = await put(server, {
    checked,
    base: inForce.version,
    note: `rollback to ${to}`,
  })
  return { json: published, text: () => publishedLine(context, kind, published.version) }
}

const publishedLine = ({ stdout }: Context, kind: RuleDocumentKind, version: number): string =>
  `${painter(stdout)('green', '✓')} ${kind}, version ${version}, is in force`
