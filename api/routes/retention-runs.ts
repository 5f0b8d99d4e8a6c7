import { createRoute, z } from '@hono/zod-openapi'
import { listRuns, type RetentionRun } from '../../db/retention-runs.ts'
import type { Deleted } from '../../domain/retention/retention-run.ts'
import { askRetention } from '../../operations/ask-retention.ts'
import { previewRetention } from '../../operations/preview-retention.ts'
import { body, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { listQuery } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const TAGS = ['Retention']
const count = z.number().int()

const deletedSchema = z
  .object({
    events: z
      .array(z.object({ rule: count, count }))
      .openapi({ description: 'By the place of the rule in the document, from 0' }),
    mails: count,
    timeline: count,
    agentTasks: count.openapi({ description: 'Proposals to the call centre' }),
    onsite: count.openapi({ description: 'Messages that pages showed' }),
  })
  .openapi('RetainedRows')

const runSchema = z
  .object({
    id: z.string(),
    status: z.enum(['asked', 'running', 'done', 'superseded']).openapi({
      description: '`superseded`: other rules were published, which ended it',
    }),
    version: count.nullable().openapi({ description: 'Of the rules; null before it began' }),
    askedAt: instant,
    askedBy: z.string().nullable().openapi({ description: 'A key; null: the daily schedule' }),
    startedAt: instant.nullable(),
    endedAt: instant.nullable(),
    looked: count.openapi({ description: 'Rows looked at' }),
    deleted: deletedSchema,
    heldBack: z.array(z.string()).openapi({
      description: 'Events kept against the rules, because rules in force count them meanwhile',
    }),
  })
  .openapi('RetentionRun')

const runs = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/retention/runs',
    summary: 'List what was deleted by age, and when',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: listQuery },
    responses: { 200: json(listOf(runSchema), 'Newest first'), ...problems(400) },
  })

const run = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/retention/run',
    summary: 'Delete now what the rules in force keep no longer, without waiting for the day',
    tags: TAGS,
    ...guard.bareCommand('publish'),
    responses: {
      202: json(runSchema, 'The run, or the one that is open'),
      ...problems(400, 409, 413, 422),
    },
  })

const preview = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/retention/preview',
    summary: 'How many rows a draft would delete now',
    tags: TAGS,
    ...guard.ask('publish'),
    request: {
      body: body(
        z.strictObject({
          document: z.unknown().openapi({ type: 'object', description: 'The draft' }),
        }),
      ),
    },
    responses: {
      200: json(deletedSchema, 'What would be deleted'),
      ...problems(400, 413, 415, 422),
    },
  })

/** What is deleted by age. */
export const retentionRunRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(runs(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [askedAt, runId] = readCursor(cursor, z.tuple([cursorInstant, z.string()])) ?? []
      const before = askedAt === undefined || runId === undefined ? undefined : { askedAt, runId }
      const rows = await listRuns(deps.db, { limit: limit + 1, before })
      return c.json(
        toPage(rows, limit, (row) => [row.askedAt, row.runId], toAnswer),
        200,
      )
    })
    .openapi(run(guard), async (c) => {
      const { keyId } = c.get('caller')
      return c.json(toAnswer(await askRetention(deps, { keyId })), 202)
    })
    .openapi(preview(guard), async (c) => {
      const { document } = c.req.valid('json')
      const due = await previewRetention(deps.db, { document, nowMs: deps.now() })
      return c.json(deletedAnswer(due), 200)
    })

const toAnswer = (row: RetentionRun) => ({
  id: row.runId,
  status: row.status,
  version: row.version,
  askedAt: row.askedAt.toISOString(),
  askedBy: row.askedBy,
  startedAt: row.startedAt?.toISOString() ?? null,
  endedAt: row.endedAt?.toISOString() ?? null,
  looked: row.looked,
  deleted: deletedAnswer(row.deleted),
  heldBack: [...row.heldBack],
})

const deletedAnswer = ({ events, ...parts }: Deleted) => ({
  ...parts,
  events: Object.entries(events).map(([rule, deleted]) => ({ rule: Number(rule), count: deleted })),
})
