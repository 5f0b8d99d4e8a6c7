import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import type { Context, Output } from '../context.ts'
import {
  acting,
  command,
  duration,
  several,
  wholeNumber,
  type Commands,
  type JsonOption,
} from '../options.ts'
import { addExclusionCommands, renderExclusions } from './exclusions.ts'
import { instantText, renderPairs, renderTable } from '../table.ts'
import { renderDecision } from './decisions.ts'

const WHO = 'the customer id, or any identity (kind:value where a value is ambiguous)'
const TIMELINE_LINES = 50
const DECISIONS = 10

interface ExportOptions extends JsonOption {
  readonly output?: string
}

export function addCustomerCommands(parent: Command, commands: Commands): void {
  command(parent, 'show', {
    summary: 'show where a customer stands: lifecycle, journeys, exclusions, caps, consents',
    examples: ['rumbo customers show ada', 'rumbo customers show user:42 --json'],
  })
    .argument('<customer>', WHO)
    .action(acting(commands, (context, [who]: [string]) => show(context, who)))

  command(parent, 'timeline', {
    summary: 'show what happened to a customer, and why, oldest first',
    examples: [
      'rumbo customers timeline ada',
      'rumbo customers timeline ada --limit 500 --kind decision --kind delivery',
    ],
  })
    .argument('<customer>', WHO)
    .option('--limit <n>', 'at most so many lines, the newest', wholeNumber(1), TIMELINE_LINES)
    .option('--kind <kind>', 'only these: event, decision, delivery, run, …; repeatable', several)
    .action(
      acting(commands, (context, [who]: [string], options: TimelineOptions) =>
        timeline(context, who, options),
      ),
    )

  command(parent, 'export', {
    summary: 'write down everything that is held about a person, as JSON',
    examples: ['rumbo customers export ada --output ada.json'],
  })
    .argument('<customer>', WHO)
    .option('--output <file>', 'where to; default: standard output')
    .action(
      acting(commands, (context, [who]: [string], { output }: ExportOptions) =>
        exportAll(context, who, output),
      ),
    )

  command(parent, 'decisions', {
    summary: 'show what was decided about a customer, and why, in words, newest first',
    examples: ['rumbo customers decisions ada', 'rumbo customers decisions ada --limit 1'],
  })
    .argument('<customer>', WHO)
    .option('--limit <n>', 'at most so many, the newest', wholeNumber(1), DECISIONS)
    .action(
      acting(commands, (context, [who]: [string], { limit }: JsonOption & { limit: number }) =>
        decisionsOf(context, who, limit),
      ),
    )

  addExclusionCommands(parent, commands)

  command(parent, 'fast-forward', {
    summary: "move a test customer's clock, and show what happened on the way",
    examples: ['rumbo customers fast-forward ada --by P3D'],
  })
    .argument('<customer>', WHO)
    .requiredOption('--by <duration>', 'how far, as ISO 8601 writes it: PT6H, P3D', duration)
    .action(
      acting(commands, (context, [who]: [string], { by }: JsonOption & { by: string }) =>
        fastForward(context, who, by),
      ),
    )
}

async function show({ connect, stdout }: Context, who: string): Promise<Answer> {
  const { client } = connect()
  const customer = await answerOf(client.v1.customers[':id'].$get({ param: { id: inPath(who) } }))
  const { lifecycle, runs, deferred, exclusions, caps, fatigue } = customer
  const { consents, traits, identities } = customer
  return {
    json: customer,
    text: () =>
      [
        renderPairs(stdout, [
          ['customer', customer.customerId + (customer.test ? ' (test)' : '')],
          ['identities', identities.map(({ kind, value }) => `${kind}:${value}`).join(', ')],
          [
            'lifecycle',
            lifecycle === null
              ? 'not known yet'
              : `${lifecycle.state} since ${instantText(lifecycle.since)}: ${lifecycle.reason}`,
          ],
          ['clock', instantText(customer.clock)],
          ['next wake', customer.nextWakeAt === null ? null : instantText(customer.nextWakeAt)],
          ['actor', customer.actor],
          ['Temporal', customer.temporalUrl],
        ]),
        renderTable(
          stdout,
          ['journey', 'version', 'lane', 'status', 'step', 'since', 'until', 'locked'],
          runs.map(({ journey, version, lane, status, step, since, wakeAt, lock }) => [
            journey,
            version,
            lane,
            status,
            step,
            instantText(since),
            wakeAt === null ? null : instantText(wakeAt),
            lock === null ? null : lockText(lock),
          ]),
        ),
        renderTable(
          stdout,
          ['queued', 'until', 'reason'],
          deferred.map(({ journey, until, reason }) => [journey, instantText(until), reason]),
        ),
        renderExclusions(stdout, exclusions),
        renderTable(
          stdout,
          ['cap', 'used', 'of', 'full until'],
          caps.map(({ name, used, max, freeAt }) => [
            name,
            used,
            max,
            freeAt === null ? null : instantText(freeAt),
          ]),
        ),
        renderTable(
          stdout,
          ['fatigue', 'unanswered', 'allows'],
          fatigue.map(({ name, unanswered, allows }) => [
            name,
            unanswered,
            typeof allows === 'string' ? allows : `${allows.max} in ${allows.per}`,
          ]),
        ),
        renderTable(
          stdout,
          ['consent', 'channel', 'granted', 'at', 'source'],
          consents.map(({ purpose, channel, granted, at, source }) => [
            purpose,
            channel,
            granted ? 'yes' : 'no',
            instantText(at),
            source,
          ]),
        ),
        renderTable(
          stdout,
          ['trait', 'value'],
          Object.entries(traits).map(([name, value]) => [name, JSON.stringify(value)]),
        ),
      ]
        .filter((part) => part !== '')
        .join('\n\n'),
  }
}

interface TimelineOptions extends JsonOption {
  readonly limit: number
  readonly kind?: readonly string[]
}

async function timeline(
  { connect, stdout }: Context,
  who: string,
  { limit, kind: kinds = [] }: TimelineOptions,
): Promise<Answer> {
  const { client } = connect()
  const load = client.v1.customers[':id'].timeline
  const entries = await everyPage(
    (query) => answerOf(load.$get({ param: { id: inPath(who) }, query })),
    { atMost: limit },
  )
  const wanted = entries.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
  return { json: wanted, text: () => renderTimeline(stdout, wanted.toReversed()) }
}

async function decisionsOf(
  { connect, stdout }: Context,
  who: string,
  atMost: number,
): Promise<Answer> {
  const load = connect().client.v1.customers[':id'].decisions
  const decisions = await everyPage(
    (query) => answerOf(load.$get({ param: { id: inPath(who) }, query })),
    { atMost },
  )
  return {
    json: decisions,
    text: () =>
      decisions.length === 0
        ? 'Nothing was decided.'
        : decisions.map((decision) => renderDecision(stdout, decision)).join('\n\n'),
  }
}

/** How long a lock holds, in one word or two. */
function lockText({ scope, until }: { scope: string; until: string | null }): string {
  return until === null ? scope : `until ${instantText(until)}`
}

interface TimelineLine {
  readonly at: string
  readonly kind: string
  readonly summary: string
  readonly data: Readonly<Record<string, unknown>>
}

/** One line for everything that happened, in the order given. */
export const renderTimeline = (stream: Output, lines: readonly TimelineLine[]): string =>
  lines.length === 0
    ? 'Nothing has happened.'
    : renderTable(
        stream,
        ['at', 'kind', 'what'],
        lines.map((line) => [instantText(line.at), line.kind, lineText(line)]),
      )

/** Of a message that did not go out, why. */
const lineText = ({ kind, summary, data: { reason } }: TimelineLine): string =>
  kind === 'delivery' && typeof reason === 'string' ? `${summary}, ${reason}` : summary

async function fastForward({ connect, stdout }: Context, who: string, by: string): Promise<Answer> {
  const { client } = connect()
  const reached = await answerOf(
    client.v1.customers[':id']['fast-forward'].$post({
      param: { id: inPath(who) },
      json: { by },
    }),
  )
  return {
    json: reached,
    text: () =>
      `${renderTimeline(stdout, reached.happened.toReversed())}\n\nThe clock is at ${instantText(reached.clock)}.`,
  }
}

async function exportAll(
  { connect }: Context,
  who: string,
  output: string | undefined,
): Promise<Answer> {
  const { client } = connect()
  const held = await answerOf(
    client.v1.customers[':id'].export.$get({ param: { id: inPath(who) } }),
  )
  const text = JSON.stringify(held, null, 2)
  if (output === undefined) return { json: held, text: () => text }
  writeFileSync(output, `${text}\n`, { mode: 0o600 })
  return { json: { output }, text: () => `Everything about ${who} is in ${output}.` }
}
