import { InvalidArgumentError, Option, type Command } from 'commander'
import type { BacktestComparison, BacktestReport } from '../../domain/backtest/report.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import type { Answer } from '../answer.ts'
import { renderBacktest } from '../backtest-tables.ts'
import { answerOf } from '../call.ts'
import { note, type Context } from '../context.ts'
import { usageFailure } from '../failures.ts'
import { acting, command, instant, share, type Commands, type JsonOption } from '../options.ts'
import { backtestRecordedFile } from '../recorded-file.ts'
import { readRuleDrafts, type RuleDraftOptions } from '../rule-files.ts'
import { renderFindings } from '../show-findings.ts'
import { addMappingOptions, type MappingOptions } from './mapping-options.ts'
import { readDrafts } from './simulate.ts'
import { watchJob } from './watch-job.ts'

interface Consent {
  readonly purpose: string
  readonly channel: string
}

interface BacktestOptions extends JsonOption, MappingOptions, RuleDraftOptions {
  readonly from?: string
  readonly to?: string
  readonly sample?: number
  readonly compare?: boolean
  readonly assumeConsent?: readonly Consent[]
  readonly assumeChannel?: readonly 'email'[]
  readonly file?: string
  readonly job?: string
}

interface Window {
  readonly from: string
  readonly to: string
}

export function addBacktest(program: Command, commands: Commands): void {
  const backtest = command(program, 'backtest', {
    summary: 'play journeys over what was recorded of all customers: who enters, what is sent',
    examples: [
      'rumbo backtest welcome.json --from 2026-09-01 --to 2026-12-01 --compare',
      'rumbo backtest --from 2026-09-01 --to 2026-12-01 --sample 0.1 --json > report.json',
      'rumbo backtest --contact-policy contact-policy.json --from 2026-09-01 --to 2026-12-01 --compare',
      'rumbo backtest --job <id>',
      'rumbo backtest examples/journeys/ --file orders.csv.gz --map user_id=userId --map at=timestamp --set event="Order Completed" --from 2011-01-01 --to 2011-12-10 --assume-consent marketing/email --assume-channel email',
    ],
  })
    .argument('[file...]', 'drafts, each in the place of the live version of its journey')
    .option('--from <instant>', 'where the window begins', instant)
    .option('--to <instant>', 'where it ends; this instant is not in it', instant)
    .option('--sample <share>', 'only this share of the customers, by a hash of their ids', share)
    .option('--compare', 'what is live beside what it would be with the drafts')
    .option('--contact-policy <file>', 'a draft, in the place of the contact policy in force')
    .option('--arbitration <file>', 'a draft, in the place of the arbitration rules in force')
    .option(
      '--assume-consent <purpose/channel>',
      'granted where nothing is recorded; repeatable',
      consents,
    )
    .addOption(
      new Option('--assume-channel <channel>', 'everybody can be reached by it')
        .choices(['email'])
        .argParser((text): readonly 'email'[] =>
          text === 'email' ? ['email'] : refuseChannel(text),
        ),
    )
    .option(
      '--file <events>',
      'play over a file instead, without a server: .ndjson, .csv, also .gz',
    )
    .option('--job <id>', 'the report of a backtest that was begun before; waits for it')
  addMappingOptions(backtest).action(
    acting(commands, (context, [paths]: [string[]], options: BacktestOptions) =>
      backtestBy(context, paths, options),
    ),
  )
}

async function backtestBy(
  context: Context,
  paths: readonly string[],
  options: BacktestOptions,
): Promise<Answer> {
  const { from, to, file, job } = options
  if (job !== undefined) {
    if (paths.length > 0 || from !== undefined || to !== undefined || file !== undefined)
      throw usageFailure('--job is of a backtest that was begun: name no journeys, window or file.')
    return answerWith(
      context,
      await watchJob(context, context.connect(), { jobId: job, isOurs: false }),
    )
  }
  if (from === undefined || to === undefined)
    throw usageFailure('Say which window is to be played: --from and --to.')
  return file === undefined
    ? backtestOnServer(context, paths, { ...options, from, to })
    : backtestOffline(context, paths, { ...options, from, to, file })
}

const answerWith = (context: Context, report: BacktestReport | BacktestComparison): Answer => ({
  json: report,
  text: () => renderBacktest(context.stdout, report),
})

const refuseChannel = (text: string): never => {
  throw new InvalidArgumentError(`"${text}" cannot be assumed; only email can.`)
}

function consents(text: string, before: readonly Consent[] = []): readonly Consent[] {
  const [purpose = '', channel = '', ...more] = text.split('/')
  if (purpose === '' || channel === '' || more.length > 0)
    throw new InvalidArgumentError('A purpose and a channel are expected, such as marketing/email.')
  return [...before, { purpose, channel }]
}

const assumed = ({ assumeConsent, assumeChannel }: BacktestOptions) => ({
  consents: [...(assumeConsent ?? [])],
  channels: [...(assumeChannel ?? [])],
})

async function backtestOffline(
  context: Context,
  paths: readonly string[],
  options: BacktestOptions & Window & { readonly file: string },
): Promise<Answer> {
  if (paths.length === 0) throw usageFailure('Name the journeys to play over the file.')
  if (options.compare === true || options.sample !== undefined)
    throw usageFailure('--compare and --sample are for what a server has recorded, not for --file.')
  const journeys = (await readDrafts(context, paths)) as Journey[]
  const { report, left } = await backtestRecordedFile(context, {
    file: options.file,
    journeys,
    ...(await readRuleDrafts(context, options)),
    fromMs: Date.parse(options.from),
    toMs: Date.parse(options.to),
    assume: assumed(options),
    mapping: options,
  })
  if (left > 0)
    note(context, `${left} rows were left out: they name no customer, event and instant.`)
  return answerWith(context, report)
}

async function backtestOnServer(
  context: Context,
  paths: readonly string[],
  options: BacktestOptions & Window,
): Promise<Answer> {
  const { from, to, sample, compare } = options
  const definitions = await readDrafts(context, paths)
  const rules = await readRuleDrafts(context, options)
  const server = context.connect()
  const { jobId, warnings } = await answerOf(
    server.client.v1.journeys.backtest.$post({
      json: {
        definitions,
        ...rules,
        from,
        to,
        assume: assumed(options),
        ...(sample === undefined ? {} : { sample }),
        ...(compare === undefined ? {} : { compare }),
      },
    }),
  )
  if (warnings.length > 0) note(context, renderFindings(context.stderr, warnings))
  return answerWith(context, await watchJob(context, server, { jobId, isOurs: true }))
}
