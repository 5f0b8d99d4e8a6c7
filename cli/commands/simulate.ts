import type { Command } from 'commander'
import type { InferRequestType } from 'hono/client'
import type { RumboClient } from '../../api/client.ts'
import type { Answer } from '../answer.ts'
import { answerOf } from '../call.ts'
import { checkFiles } from '../check-files.ts'
import { note, type Context } from '../context.ts'
import { FaultyFiles } from '../failures.ts'
import { readInputFile, shownInFiles } from '../input-files.ts'
import { readJourneyFiles } from '../journey-files.ts'
import { acting, command, instant, type Commands, type JsonOption } from '../options.ts'
import { readRuleDrafts, type RuleDraftOptions } from '../rule-files.ts'
import { renderFindings } from '../show-findings.ts'
import { instantText, renderTable } from '../table.ts'
import { renderCheck } from './check.ts'
import { renderTimeline } from './customers.ts'

type Simulation = InferRequestType<RumboClient['v1']['journeys']['simulate']['$post']>['json']

interface SimulateOptions extends JsonOption, RuleDraftOptions {
  readonly events?: string
  readonly customer?: string
  readonly answers?: string
  readonly until: string
  readonly alone?: boolean
}

export function addSimulate(program: Command, commands: Commands): void {
  command(program, 'simulate', {
    summary: 'play what would happen to one customer, under a virtual clock',
    examples: [
      'rumbo simulate welcome.json --events events.json --until 2026-12-20',
      'rumbo simulate welcome.json returns.json --alone --customer ada.json --events events.json --until 2026-12-20T09:00:00Z --json',
    ],
  })
    .argument('[file...]', 'drafts, each in the place of the live version of its journey')
    .option('--events <file>', 'what happens: a JSON list of { "at", "event", "properties", … }')
    .option('--customer <file>', 'who: JSON with traits, consents, zone')
    .option('--answers <file>', 'what webhook steps are answered: JSON, by "journey/step"')
    .requiredOption('--until <instant>', 'where the clock stops', instant)
    .option('--contact-policy <file>', 'a draft, in the place of the contact policy in force')
    .option('--arbitration <file>', 'a draft, in the place of the arbitration rules in force')
    .option('--alone', 'only the drafts, without the other live journeys')
    .action(
      acting(commands, (context, [paths]: [string[]], options: SimulateOptions) =>
        simulate(context, paths, options),
      ),
    )
}

async function simulate(
  context: Context,
  paths: readonly string[],
  { events, customer, answers, until, alone = false, ...drafts }: SimulateOptions,
): Promise<Answer> {
  const definitions = await readDrafts(context, paths)
  const files = {
    ...(events === undefined ? {} : { events: readInputFile(events) }),
    ...(customer === undefined ? {} : { customer: readInputFile(customer) }),
    ...(answers === undefined ? {} : { answers: readInputFile(answers) }),
  }
  // What the files say is for the server to judge.
  const said = Object.fromEntries(Object.entries(files).map(([field, { value }]) => [field, value]))
  const rules = await readRuleDrafts(context, drafts)
  const asked = { definitions, until, alone, ...rules, ...said } as Simulation
  const { client } = context.connect()
  const played = await answerOf(client.v1.journeys.simulate.$post({ json: asked })).catch(
    (error: unknown) => {
      throw shownInFiles(context, error, files)
    },
  )
  const { timeline, deliveries, journeys, findings } = played
  if (findings.length > 0) note(context, renderFindings(context.stderr, findings))
  return {
    json: played,
    text: () =>
      [
        `Journeys: ${journeys.map(({ key, version, draft }) => `${key}@${version}${draft ? ' (draft)' : ''}`).join(', ')}`,
        renderTimeline(context.stdout, timeline.toReversed()),
        renderTable(
          context.stdout,
          ['message at', 'journey', 'message', 'channel', 'status', 'reason'],
          deliveries
            .toReversed()
            .map(({ at, journey, message, channel, status, reason }) => [
              instantText(at),
              journey,
              message,
              channel,
              status,
              reason,
            ]),
        ),
      ]
        .filter((part) => part !== '')
        .join('\n\n'),
  }
}

/**
 * The definitions in these files.
 *
 * @throws {FaultyFiles} after the findings are shown, where one has an error
 */
export async function readDrafts(context: Context, paths: readonly string[]): Promise<unknown[]> {
  const files = checkFiles(await readJourneyFiles(paths))
  if (files.every(({ journey }) => journey !== null)) return files.map(({ journey }) => journey)
  note(context, renderCheck(context.stderr, files))
  throw new FaultyFiles(files.flatMap(({ findings }) => findings))
}
