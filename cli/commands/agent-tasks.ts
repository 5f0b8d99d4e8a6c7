import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, inPath } from '../call.ts'
import type { Context } from '../context.ts'
import { acting, command, type Commands, type JsonOption } from '../options.ts'
import { instantText, listAnswer, renderPairs } from '../table.ts'

interface ListOptions extends JsonOption {
  readonly customer?: string
}
interface AgentOptions extends JsonOption {
  readonly agent: string
}
interface DecisionOptions extends AgentOptions {
  readonly reason?: string
  readonly note?: string
}

const VERBS = {
  accept: 'take a proposal on',
  decline: 'say that a proposal is not wanted',
  done: 'say that what was proposed is done',
} as const
type Verb = keyof typeof VERBS

/** Proposals to the call centre. */
export function addAgentTaskCommands(parent: Command, commands: Commands): void {
  command(parent, 'list', {
    summary: 'list what may be proposed now, the most important first',
    examples: ['rumbo tasks list', 'rumbo tasks list --customer user:42'],
  })
    .option('--customer <customer>', 'the customer id, or any identity')
    .action(acting(commands, (context, _args: [], options: ListOptions) => list(context, options)))

  command(parent, 'next', {
    summary: 'get the best proposal for whoever is on the line, kept for this agent',
    examples: ['rumbo tasks next phone:+34911234567 --agent eve'],
  })
    .argument('<customer>', 'the customer id, or any identity')
    .requiredOption('--agent <agent>', 'who has the customer on the line')
    .action(
      acting(commands, (context, [customer]: [string], { agent }: AgentOptions) =>
        next(context, { customer, agent }),
      ),
    )

  for (const verb of Object.keys(VERBS) as Verb[])
    command(parent, verb, {
      summary: VERBS[verb],
      examples: [`rumbo tasks ${verb} <id> --agent eve`],
    })
      .argument('<id>', 'the task')
      .requiredOption('--agent <agent>', 'who says so')
      .option('--reason <code>', 'a code, which journeys can ask')
      .option('--note <text>', 'in words; stays with the task')
      .action(
        acting(commands, (context, [id]: [string], options: DecisionOptions) =>
          decide(context, verb, id, options),
        ),
      )
}

async function list({ connect, stdout }: Context, { customer }: ListOptions): Promise<Answer> {
  const { data } = await answerOf(
    connect().client.v1['agent-tasks'].$get({
      query: { sort: 'priority', limit: '200', ...(customer === undefined ? {} : { customer }) },
    }),
  )
  return listAnswer({ stdout }, data, {
    none: 'There is nothing to propose.',
    head: ['task', 'points', 'title', 'until', 'customer'],
    row: ({ id, priority, title, expiresAt, customerId }) => [
      id,
      priority.points,
      title,
      instantText(expiresAt),
      customerId,
    ],
  })
}

async function next(
  { connect, stdout }: Context,
  asked: { readonly customer: string; readonly agent: string },
): Promise<Answer> {
  const response = await connect().client.v1['agent-tasks'].next.$post({ json: asked })
  if (response.status === 204) return { json: null, text: () => 'There is nothing to propose.' }
  const task = await answerOf(Promise.resolve(response))
  return {
    json: task,
    text: () =>
      renderPairs(stdout, [
        ['task', task.id],
        ['title', task.title],
        ['text', task.text],
        ['reason', task.reason],
        ['until', instantText(task.expiresAt)],
        ...task.priority.parts.map(
          ({ name, points, because }) => [name, `${points} (${because})`] as const,
        ),
        ['priority', task.priority.points],
      ]),
  }
}

async function decide(
  { connect }: Context,
  verb: Verb,
  id: string,
  { agent, reason, note }: DecisionOptions,
): Promise<Answer> {
  const said = {
    agent,
    ...(reason === undefined ? {} : { reason }),
    ...(note === undefined ? {} : { note }),
  }
  const task = connect().client.v1['agent-tasks'][':id'][verb]
  const decided = await answerOf(task.$post({ param: { id: inPath(id) }, json: said }))
  return { json: decided, text: () => `The task is ${decided.status}.` }
}
