import type { Command } from 'commander'
import { scopeText, type StopScope } from '../../domain/contact/stop-scope.ts'
import { MESSAGE_CLASSES, type MessageClass } from '../../domain/journeys/journey.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import type { Answer } from '../answer.ts'
import { answerOf, inPath } from '../call.ts'
import { confirm, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure, usageFailure } from '../failures.ts'
import {
  acting,
  amount,
  command,
  instant,
  several,
  type Commands,
  type JsonOption,
} from '../options.ts'
import { instantText } from '../table.ts'
import { renderControl } from './show-control.ts'

interface ScopeOptions extends JsonOption {
  readonly all?: boolean
  readonly channel?: string
  readonly journey?: string
  readonly yes?: boolean
}
interface StopOptions extends ScopeOptions {
  readonly reason: string
  readonly except?: readonly string[]
}
interface ResumeOptions extends ScopeOptions {
  readonly perSecond?: number
}
interface CapacityOptions extends JsonOption {
  readonly until?: string
}

/** The switches: what stops sends, brings them back, and says what is scarce. */
export function addControlCommands(parent: Command, commands: Commands): void {
  command(parent, 'show', {
    summary: 'show what is stopped, resumed, parked, scarce and throttled',
    examples: ['rumbo control show'],
  }).action(acting(commands, (context) => show(context)))

  scoped(
    command(parent, 'stop', {
      summary: 'stop all sends of a scope, at once',
      examples: [
        'rumbo control stop --all --reason "wrong price in the sale" --except service',
        'rumbo control stop --journey welcome --reason "broken link" --yes',
      ],
    }),
  )
    .requiredOption('--reason <text>', 'why, for those who come after you')
    .option('--except <class>', 'goes out all the same; as often as you like', several)
    .option('--yes', 'do it without asking; needed where there is no terminal')
    .action(acting(commands, (context, _args: [], options: StopOptions) => stop(context, options)))

  scoped(
    command(parent, 'resume', {
      summary: 'lift the stop of a scope, and bring back what it has parked',
      examples: [
        'rumbo control resume --all',
        'rumbo control resume --channel email --per-second 20',
      ],
    }),
  )
    .option(
      '--per-second <n>',
      'this fast on each channel; default: by what was sent before',
      amount,
    )
    .action(
      acting(commands, (context, _args: [], options: ResumeOptions) => resume(context, options)),
    )

  command(parent, 'capacity', {
    summary: 'show a capacity, or tell how many seconds of handling it has from now on',
    examples: [
      'rumbo control capacity contact-centre',
      'rumbo control capacity contact-centre 14400 --until 2026-12-06T18:00:00Z',
    ],
  })
    .argument('<name>', 'the capacity')
    .argument('[seconds]', 'agents × time; 0 holds everything that needs it', amount)
    .option('--until <instant>', 'what is not used by then is gone', instant)
    .action(
      acting(
        commands,
        (context, [name, seconds]: [string, number | undefined], options: CapacityOptions) =>
          capacity(context, name, seconds, options),
      ),
    )
}

const scoped = (scopable: Command): Command =>
  scopable
    .option('--all', 'everything')
    .option('--channel <name>', `one channel: ${CHANNELS.join(', ')}`)
    .option('--journey <key>', 'one journey')

async function show({ connect, stdout }: Context): Promise<Answer> {
  const control = await answerOf(connect().client.v1.control.$get())
  return { json: control, text: () => renderControl(stdout, control) }
}

async function stop(context: Context, options: StopOptions): Promise<Answer> {
  const scope = scopeOf(options)
  const exceptClasses = (options.except ?? []).map(classOf)
  if (!(await confirm(context, `Stop the sends of ${scopeText(scope)}?`, options.yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was changed.')
  const { reason } = options
  const stopped = await answerOf(
    context.connect().client.v1.control.panic.$post({ json: { scope, exceptClasses, reason } }),
  )
  return { json: stopped, text: () => `Stopped: ${scopeText(scope)}.` }
}

async function resume({ connect }: Context, options: ResumeOptions): Promise<Answer> {
  const scope = scopeOf(options)
  const { perSecond } = options
  const ramp = perSecond === undefined ? {} : { ramp: { perSecond } }
  const resumed = await answerOf(
    connect().client.v1.control.resume.$post({ json: { scope, ...ramp } }),
  )
  return {
    json: resumed,
    text: () =>
      `Resumed: ${scopeText(scope)}. It goes on by itself; rumbo control show says how far it is.`,
  }
}

async function capacity(
  { connect }: Context,
  name: string,
  available: number | undefined,
  { until }: CapacityOptions,
): Promise<Answer> {
  const of = connect().client.v1.control.capacity[':name']
  const param = { name: inPath(name) }
  if (available === undefined && until !== undefined)
    throw usageFailure('Say how many seconds there are until then.')
  const row =
    available === undefined
      ? await answerOf(of.$get({ param }))
      : await answerOf(
          of.$put({ param, json: { available, ...(until === undefined ? {} : { until }) } }),
        )
  const end = row.until === null ? '' : ` until ${instantText(row.until)}`
  return {
    json: row,
    text: () =>
      `${row.name}: ${row.available} s, of which ${row.used} s are used and ${row.reserved} s reserved${end}. ${row.waiting} sends wait.`,
  }
}

function scopeOf({ all, channel, journey }: ScopeOptions): StopScope {
  const named = [all === true, channel !== undefined, journey !== undefined].filter(Boolean)
  if (named.length !== 1) throw usageFailure('Say one of --all, --channel and --journey.')
  if (channel !== undefined) return { channel: oneOf(CHANNELS, channel, 'channel') }
  return journey === undefined ? 'all' : { journey }
}

const classOf = (name: string): MessageClass => oneOf(MESSAGE_CLASSES, name, 'class')

function oneOf<Name extends string>(names: readonly Name[], name: string, what: string): Name {
  const found = names.find((each) => each === name)
  if (found === undefined)
    throw usageFailure(`There is no ${what} "${name}"; there are ${names.join(', ')}.`)
  return found
}
