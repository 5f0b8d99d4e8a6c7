import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, inPath } from '../call.ts'
import type { Context } from '../context.ts'
import { acting, command, type Commands, type JsonOption } from '../options.ts'
import { instantText, listAnswer, renderPairs, renderTable } from '../table.ts'

interface ListOptions extends JsonOption {
  readonly type?: string
}

/** Service cases; the rules for them are published like others. */
export function addCaseCommands(parent: Command, commands: Commands): void {
  command(parent, 'list', {
    summary: 'list the open cases, the most urgent first',
    examples: ['rumbo cases list', 'rumbo cases list --type late_delivery --json'],
  })
    .option('--type <type>', 'of the taxonomy')
    .action(acting(commands, (context, _args: [], options: ListOptions) => list(context, options)))

  command(parent, 'show', {
    summary: 'show a case, what makes it urgent, and what was said about it',
    examples: ['rumbo cases show <id>'],
  })
    .argument('<id>', 'the case')
    .action(acting(commands, (context, [id]: [string]) => show(context, id)))

  command(parent, 'unmapped', {
    summary: 'list codes that no type of the taxonomy names',
    examples: ['rumbo cases unmapped'],
  }).action(acting(commands, (context) => unmapped(context)))
}

async function list({ connect, stdout }: Context, { type }: ListOptions): Promise<Answer> {
  const { data } = await answerOf(
    connect().client.v1.cases.$get({
      query: { sort: 'priority', limit: '200', ...(type === undefined ? {} : { type }) },
    }),
  )
  return listAnswer({ stdout }, data, {
    none: 'No case is open.',
    head: ['case', 'points', 'type', 'severity', 'promised', 'contacts', 'customer'],
    row: ({ id, priority, title, type: of, severity, promisedAt, contacts, ...row }) => [
      id,
      priority?.points ?? 0,
      title ?? of,
      severity,
      promisedAt === null ? null : instantText(promisedAt),
      contacts,
      row.customerId,
    ],
  })
}

async function show({ connect, stdout }: Context, id: string): Promise<Answer> {
  const found = await answerOf(connect().client.v1.cases[':id'].$get({ param: { id: inPath(id) } }))
  const { priority, events } = found
  return {
    json: found,
    text: () =>
      [
        renderPairs(stdout, [
          ['customer', found.customerId],
          ['status', found.status],
          ['type', found.title ?? found.type],
          ['severity', found.severity],
          ['promised', found.promisedAt === null ? null : instantText(found.promisedAt)],
          ['emotion', found.emotion],
          ['may be', found.doubts.length === 0 ? null : found.doubts.join(', ')],
          ...(priority?.parts ?? []).map(
            ({ name, points, because }) => [name, `${points} (${because})`] as const,
          ),
          ...(priority === undefined ? [] : [['priority', priority.points] as const]),
        ]),
        renderTable(
          stdout,
          ['when', 'what', 'where', 'ref', 'code'],
          events.map(({ at, action, source, ref, code }) => [
            instantText(at),
            action,
            source,
            ref,
            code,
          ]),
        ),
      ].join('\n\n'),
  }
}

async function unmapped({ connect, stdout }: Context): Promise<Answer> {
  const { data } = await answerOf(connect().client.v1.cases.unmapped.$get())
  return listAnswer({ stdout }, data, {
    none: 'Every code stands for a type.',
    head: ['source', 'code', 'count', 'last'],
    row: ({ source, code, count, lastAt }) => [source, code, count, instantText(lastAt)],
  })
}
