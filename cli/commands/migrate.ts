import type { Command } from 'commander'
import type { Journey } from '../../domain/journeys/journey.ts'
import type { Answer } from '../answer.ts'
import { answerOf, inPath } from '../call.ts'
import { confirm, note, painter, type Context, type Output } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure, usageFailure } from '../failures.ts'
import {
  acting,
  assignment,
  command,
  share,
  wholeNumber,
  type Commands,
  type JsonOption,
} from '../options.ts'
import type { Server } from '../server.ts'
import { renderFindings } from '../show-findings.ts'
import { renderTable } from '../table.ts'
import { renderMigration, watchMigration } from './watch-migration.ts'

interface MigrateOptions extends JsonOption {
  readonly from: number
  readonly to: number
  readonly step?: Readonly<Record<string, string>>
  readonly same?: boolean
  readonly canary?: number
  readonly resend?: boolean
  readonly perSecond?: number
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly watch?: boolean
}

export function addMigrate(parent: Command, commands: Commands): void {
  command(parent, 'migrate', {
    summary: 'move the customers inside one version to another: shows who would go where, and asks',
    examples: [
      'rumbo journeys migrate welcome --from 1 --to 2 --same --step old=exit --dry-run',
      'rumbo journeys migrate welcome --from 1 --to 2 --step rest=rest --step old=exit --canary 0.1 --watch',
      'rumbo journeys migrations undo welcome <id>',
    ],
  })
    .argument('<key>', 'the journey')
    .requiredOption('--from <n>', 'the version they are in', wholeNumber(1))
    .requiredOption('--to <n>', 'the version they are to be in', wholeNumber(1))
    .option(
      '--step <old=new>',
      'where those on a step go: a step of the new version, "exit" or "stay"; repeatable',
      assignment,
    )
    .option('--same', 'steps that both versions have go to themselves')
    .option('--canary <share>', 'only this share, by hash, e.g. 0.1; the rest by "resume"', share)
    .option('--resend', 'they may get a message again that they already got')
    .option('--per-second <n>', 'how many customers a second', wholeNumber(1))
    .option('--dry-run', 'show who would go where, and end')
    .option('--yes', 'do it without asking; needed where there is no terminal')
    .option('--watch', 'show how far it is until it is done')
    .action(
      acting(commands, (context, [key]: [string], options: MigrateOptions) =>
        migrate(context, key, options),
      ),
    )
}

async function migrate(context: Context, key: string, options: MigrateOptions): Promise<Answer> {
  const { from, to, canary, resend, perSecond, dryRun = false, yes = false } = options
  const server = context.connect()
  const steps = {
    ...(options.same === true ? await sameSteps(server, key, { from, to }) : {}),
    ...options.step,
  }
  if (Object.keys(steps).length === 0)
    throw usageFailure('Say where people go: --step old=new, or --same.')
  const plan = {
    from,
    to,
    steps,
    ...(canary === undefined ? {} : { canary }),
    ...(resend === undefined ? {} : { resend }),
    ...(perSecond === undefined ? {} : { perSecond }),
  }
  const call = server.client.v1.journeys[':key'].migrations
  const param = { key: inPath(key) }
  const preview = await answerOf(call.$post({ param, json: { ...plan, dryRun: true } }))
  if (!('inCanary' in preview)) throw new Error('A dry run was answered as a migration')
  if (dryRun || !preview.ok)
    return {
      json: preview,
      text: () => renderPreview(context.stdout, preview),
      exitCode: preview.ok ? EXIT.ok : EXIT.refused,
    }

  note(context, `${renderPreview(context.stderr, preview)}\n`)
  const who = preview.inCanary === 1 ? '1 customer' : `${preview.inCanary} customers`
  if (!(await confirm(context, `Move ${who} from ${key}@${from} to ${key}@${to}?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nobody was moved.')
  const started = await answerOf(call.$post({ param, json: plan }))
  if (!('migrationId' in started)) throw new Error('A migration was answered as a dry run')
  if (options.watch === true) return watchMigration(context, key, started.migrationId)
  return {
    json: started,
    text: () =>
      [
        renderMigration(context.stdout, started),
        `It goes on by itself. Look at it: rumbo journeys migrations show ${key} ${started.migrationId} --watch`,
      ].join('\n\n'),
  }
}

/** Every step that both versions have, to itself. */
async function sameSteps(
  { client }: Server,
  key: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Record<string, string>> {
  const load = async (version: number): Promise<Journey['steps']> => {
    const { definition } = await answerOf(
      client.v1.journeys[':key'].versions[':version'].$get({
        param: { key: inPath(key), version: String(version) },
      }),
    )
    return (definition as Journey).steps
  }
  const [before, after] = await Promise.all([load(from), load(to)])
  const both = Object.keys(before).filter((step) => Object.hasOwn(after, step))
  // These two words mean what they say, whatever a step is called.
  return Object.fromEntries(
    both.filter((step) => step !== 'exit' && step !== 'stay').map((step) => [step, step]),
  )
}

interface Preview {
  readonly journey: string
  readonly from: number
  readonly to: number
  readonly people: number
  readonly inCanary: number
  readonly testCustomers: number
  readonly findings: Parameters<typeof renderFindings>[1]
  readonly steps: readonly {
    readonly step: string
    readonly to: string | null
    readonly active: number
    readonly waiting: number
    readonly paused: number
    readonly inCanary: number
  }[]
  readonly resent: readonly {
    readonly step: string
    readonly message: string
    readonly people: number
  }[]
}

function renderPreview(
  stream: Output,
  { journey, from, to, people, inCanary, testCustomers, findings, steps, resent }: Preview,
): string {
  const paint = painter(stream)
  const tests = testCustomers === 0 ? '' : `, and ${testCustomers} test customers go along`
  return [
    paint('bold', `${journey}@${from} → ${journey}@${to}`) +
      `: ${people} inside, ${inCanary} of them are moved${tests}`,
    renderTable(
      stream,
      ['on step', 'goes to', 'acting now', 'in a wait', 'paused', 'moved now'],
      steps.map(({ step, to, active, waiting, paused, inCanary }) => [
        step,
        to ?? '(not named)',
        active,
        waiting,
        paused,
        inCanary,
      ]),
    ),
    renderTable(
      stream,
      ['would get again', 'from step', 'customers'],
      resent.map(({ step, message, people }) => [message, step, people]),
    ),
    renderFindings(stream, findings),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}
