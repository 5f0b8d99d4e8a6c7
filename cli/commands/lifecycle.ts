import type { Command } from 'commander'
import { LIFECYCLE_STATES } from '../../domain/journeys/journey.ts'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import type { Context } from '../context.ts'
import {
  acting,
  command,
  instant,
  share,
  wholeNumber,
  type Commands,
  type JsonOption,
} from '../options.ts'
import { instantText, listAnswer, renderPairs, renderTable } from '../table.ts'

interface WindowOptions extends JsonOption {
  readonly from: string
  readonly to: string
}
interface ResumeOptions extends JsonOption {
  readonly canary?: number
  readonly perSecond?: number
}

/** How customers move between the states, and how rules for that are brought to everybody. */
export function addLifecycleCommands(parent: Command, commands: Commands): void {
  command(parent, 'customer', {
    summary: 'show the states that a customer was in, and why, newest first',
    examples: ['rumbo lifecycle customer ada'],
  })
    .argument('<customer>', 'the customer id, or any identity')
    .action(acting(commands, (context, [who]: [string]) => stays(context, who)))

  command(parent, 'report', {
    summary: 'show how many customers were in each state, and came into it, week by week',
    examples: ['rumbo lifecycle report --from 2026-10-01 --to 2026-12-01'],
  })
    .requiredOption('--from <instant>', 'in the first week', instant)
    .requiredOption('--to <instant>', 'this instant is not in it', instant)
    .action(
      acting(commands, (context, _args: [], options: WindowOptions) => report(context, options)),
    )

  command(parent, 'rollouts', {
    summary: 'list how publications of the rules were brought to everybody',
    examples: ['rumbo lifecycle rollouts'],
  }).action(acting(commands, (context) => list(context)))

  command(parent, 'rollout', {
    summary: 'show how far a version of the rules was brought',
    examples: ['rumbo lifecycle rollout 3'],
  })
    .argument('<version>', 'of the rules', wholeNumber(1))
    .action(acting(commands, (context, [version]: [number]) => show(context, version)))

  command(parent, 'pause', {
    summary: 'tell nobody else of a version for now; events still bring it',
    examples: ['rumbo lifecycle pause 3'],
  })
    .argument('<version>', 'of the rules', wholeNumber(1))
    .action(acting(commands, (context, [version]: [number]) => pause(context, version)))

  command(parent, 'resume', {
    summary: 'go on, with a larger share or another rate where one is named',
    examples: ['rumbo lifecycle resume 3 --canary 1 --per-second 200'],
  })
    .argument('<version>', 'of the rules', wholeNumber(1))
    .option('--canary <share>', 'the share from now on', share)
    .option('--per-second <n>', 'customers told in a second', wholeNumber(1))
    .action(
      acting(commands, (context, [version]: [number], options: ResumeOptions) =>
        resume(context, version, options),
      ),
    )
}

async function stays({ connect, stdout }: Context, who: string): Promise<Answer> {
  const { client } = connect()
  const data = await everyPage((query) =>
    answerOf(client.v1.customers[':id'].lifecycle.$get({ param: { id: inPath(who) }, query })),
  )
  return {
    json: data,
    text: () =>
      data.length === 0
        ? 'Nothing is known of this customer yet.'
        : renderTable(
            stdout,
            ['state', 'since', 'until', 'rules', 'why'],
            data.map(({ state, since, until, rules, reason }) => [
              state,
              instantText(since),
              until === null ? null : instantText(until),
              rules,
              reason,
            ]),
          ),
  }
}

async function report({ connect, stdout }: Context, { from, to }: WindowOptions): Promise<Answer> {
  const found = await answerOf(connect().client.v1.reports.lifecycle.$get({ query: { from, to } }))
  return {
    json: found,
    text: () =>
      renderTable(
        stdout,
        ['week', ...LIFECYCLE_STATES, 'moved'],
        found.weeks.map(({ from: week, stock, flows }) => [
          week.slice(0, 10),
          ...LIFECYCLE_STATES.map((state) => stock[state] ?? 0),
          flows.reduce((sum, flow) => sum + (flow.from === null ? 0 : flow.customers), 0),
        ]),
      ),
  }
}

async function list({ connect, stdout }: Context): Promise<Answer> {
  const { rollouts } = connect().client.v1.lifecycle
  const data = await everyPage((query) => answerOf(rollouts.$get({ query })))
  return listAnswer({ stdout }, data, {
    none: 'None was published.',
    head: ['version', 'status', 'share', 'told', 'begun'],
    row: ({ version, status, canary, told, createdAt }) => [
      version,
      status,
      canary,
      told,
      instantText(createdAt),
    ],
  })
}

/** The calls about one rollout. */
const rolloutOf = ({ connect }: Context, version: number) => ({
  calls: connect().client.v1.lifecycle.rollouts[':version'],
  param: { version: String(version) },
})

async function show(context: Context, version: number): Promise<Answer> {
  const { calls, param } = rolloutOf(context, version)
  const found = await answerOf(calls.$get({ param }))
  const { status, canary, perSecond, people } = found
  return {
    json: found,
    text: () =>
      renderPairs(context.stdout, [
        ['status', status],
        ['share', canary],
        ['per second', perSecond],
        ['customers', people.all],
        ['told', people.told],
        ['waiting', people.waiting],
        ['moved', people.moved],
      ]),
  }
}

async function pause(context: Context, version: number): Promise<Answer> {
  const { calls, param } = rolloutOf(context, version)
  const changed = await answerOf(calls.pause.$post({ param }))
  return { json: changed, text: () => `Paused: ${changed.told} customers were told.` }
}

async function resume(
  context: Context,
  version: number,
  { canary, perSecond }: ResumeOptions,
): Promise<Answer> {
  const { calls, param } = rolloutOf(context, version)
  const changed = await answerOf(
    calls.resume.$post({
      param,
      json: {
        ...(canary === undefined ? {} : { canary }),
        ...(perSecond === undefined ? {} : { perSecond }),
      },
    }),
  )
  return {
    json: changed,
    text: () => `It goes on by itself; rumbo lifecycle rollout ${version} says how far it is.`,
  }
}
