import { createRoute, z } from '@hono/zod-openapi'
import { findAgentTask, listAgentTasks, type WeighedTaskRow } from '../../db/agent-task-pages.ts'
import { findCaseSettings } from '../../db/rule-documents.ts'
import { compareTasks, taskPriority } from '../../domain/agent-tasks/task-priority.ts'
import { AGENT_TASK_STATUSES } from '../../domain/agent-tasks/task-state.ts'
import { DomainError } from '../../domain/errors.ts'
import { decideAgentTask, type AgentVerdict } from '../../operations/decide-agent-task.ts'
import { offerAgentTask } from '../../operations/offer-agent-task.ts'
import { prioritizeAgentTasks, rankOf } from '../../operations/prioritize-agent-tasks.ts'
import { body, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, filteredListQuery, idSchema, textSchema } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import { agentTaskSchema, toAgentTask } from './agent-task-answers.ts'

const TAGS = ['Agent tasks']
const NOTE_CHARACTERS_MAX = 4_000

const agentSchema = idSchema.openapi({ description: 'Whoever has the customer on the line' })
const status = z.enum(AGENT_TASK_STATUSES)
const LISTED = json(listOf(agentTaskSchema), 'The tasks')

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/agent-tasks',
    summary: 'List proposals to the call centre: made last comes first, or the most important',
    tags: TAGS,
    ...guard.read('read'),
    request: {
      query: filteredListQuery({
        status: status.optional(),
        customer: idSchema.optional().openapi({
          description: 'The customer id, or any identity. Without it, test customers are left out',
        }),
        sort: z.enum(['created', 'priority']).default('created').openapi({
          description:
            '`priority`: those that may be made now, in the order in which they should be',
        }),
      }),
    },
    responses: { 200: LISTED, ...problems(400, 404, 409) },
  })

const ofCustomer = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/customers/{id}/agent-tasks',
    summary: 'What the call centre was to propose to a customer, and what came of it',
    tags: ['Customers'],
    ...guard.read('read'),
    request: { params: customerParams, query: filteredListQuery({ status: status.optional() }) },
    responses: { 200: LISTED, ...problems(400, 404, 409) },
  })

const next = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/agent-tasks/next',
    summary: 'The best proposal for a customer who is on the line, kept for this agent',
    description:
      'For ten minutes no other agent gets it. What may not be voiced any more (consent, exclusions, stops) is left out.',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      body: body(
        z.strictObject({
          customer: idSchema.openapi({
            description: 'The customer id, or any identity: `phone:` and the number that calls',
            example: 'phone:+34911234567',
          }),
          agent: agentSchema,
        }),
      ),
    },
    responses: {
      200: json(agentTaskSchema, 'Propose this'),
      204: { description: 'There is nothing to propose now' },
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

const SUMMARIES: Readonly<Record<'accept' | 'decline' | 'done', string>> = {
  accept: 'An agent takes a proposal on',
  decline: 'An agent, or the customer, does not want a proposal',
  done: 'What was proposed is done',
}

const decide = <Verb extends keyof typeof SUMMARIES>(guard: Guard, verb: Verb) =>
  createRoute({
    method: 'post',
    path: `/v1/agent-tasks/{id}/${verb}`,
    summary: SUMMARIES[verb],
    description: 'The same agent saying the same again changes nothing.',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      params: z.object({ id: idSchema }),
      body: body(
        z.strictObject({
          agent: agentSchema,
          reason: z
            .string()
            .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'A code: small letters, digits, - and _')
            .optional()
            .openapi({ description: 'A code, which journeys can ask', example: 'has_one_already' }),
          note: textSchema(NOTE_CHARACTERS_MAX)
            .optional()
            .openapi({ description: 'In words. Stays with the task; journeys do not see it' }),
        }),
      ),
    },
    responses: { 200: json(agentTaskSchema, 'Noted'), ...problems(400, 404, 409, 413, 415, 422) },
  })

const createdPlace = z
  .tuple([cursorInstant, z.string()])
  .transform(([createdAt, taskId]) => ({ createdAt, taskId }))
const rankPlace = z
  .tuple([z.number(), z.number(), z.string()])
  .transform(([points, expiresAtMs, taskId]) => ({ points, expiresAtMs, taskId }))

/** Proposals to the call centre. */
export function agentTaskRoutes(deps: ApiDeps, guard: Guard) {
  const weigh = async (rows: readonly WeighedTaskRow[]) => {
    const { loyalty } = (await findCaseSettings(deps.db)).priority
    return rows.map((row) => ({ row, priority: taskPriority(row, loyalty) }))
  }
  const newestFirst = async (
    { limit, cursor }: { limit: number; cursor?: string | undefined },
    filter: Pick<Parameters<typeof listAgentTasks>[1], 'customerId' | 'status'>,
  ) => {
    const after = readCursor(cursor, createdPlace)
    const rows = await listAgentTasks(deps.db, { ...filter, limit: limit + 1, after })
    const place = ({ row }: { row: WeighedTaskRow }) => [row.createdAt, row.taskId] as const
    return toPage(await weigh(rows), limit, place, toAgentTask)
  }
  const told = async (taskId: string) => {
    const row = await findAgentTask(deps.db, taskId)
    const [task] = row === undefined ? [] : await weigh([row])
    if (task === undefined) throw new DomainError('not_found', 'There is no such task.')
    return toAgentTask(task)
  }
  const decided = async (
    taskId: string,
    verdict: AgentVerdict,
    said: { agent: string; reason?: string | undefined; note?: string | undefined },
    keyId: string | null,
  ) => {
    await decideAgentTask(deps, { ...said, taskId, verdict, keyId })
    return told(taskId)
  }

  return createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor, sort, status: ofStatus, customer } = c.req.valid('query')
      const customerId = customer === undefined ? undefined : await findCustomerId(deps, customer)
      if (sort === 'created')
        return c.json(await newestFirst({ limit, cursor }, { customerId, status: ofStatus }), 200)
      const after = readCursor(cursor, rankPlace)
      const open =
        (ofStatus ?? 'open') === 'open'
          ? await prioritizeAgentTasks(deps.db, { customerId, nowMs: deps.now() })
          : []
      const rows = open.filter(
        (task) => after === undefined || compareTasks(rankOf(task), after) > 0,
      )
      return c.json(
        toPage(
          rows,
          limit,
          (task) => {
            const { points, expiresAtMs, taskId } = rankOf(task)
            return [points, expiresAtMs, taskId]
          },
          toAgentTask,
        ),
        200,
      )
    })
    .openapi(ofCustomer(guard), async (c) => {
      const { limit, cursor, status: ofStatus } = c.req.valid('query')
      const customerId = await findCustomerId(deps, c.req.valid('param').id)
      return c.json(await newestFirst({ limit, cursor }, { customerId, status: ofStatus }), 200)
    })
    .openapi(next(guard), async (c) => {
      const { customer, agent } = c.req.valid('json')
      const customerId = await findCustomerId(deps, customer)
      const task = await offerAgentTask(deps, {
        customerId,
        agent,
        keyId: c.get('caller').keyId,
      })
      return task === undefined ? c.body(null, 204) : c.json(toAgentTask(task), 200)
    })
    .openapi(decide(guard, 'accept'), async (c) => {
      const { id } = c.req.valid('param')
      return c.json(await decided(id, 'accepted', c.req.valid('json'), c.get('caller').keyId), 200)
    })
    .openapi(decide(guard, 'decline'), async (c) => {
      const { id } = c.req.valid('param')
      return c.json(await decided(id, 'declined', c.req.valid('json'), c.get('caller').keyId), 200)
    })
    .openapi(decide(guard, 'done'), async (c) => {
      const { id } = c.req.valid('param')
      return c.json(await decided(id, 'done', c.req.valid('json'), c.get('caller').keyId), 200)
    })
}
