import { createRoute, z } from '@hono/zod-openapi'
import { countFindings } from '../../db/data-quality-report.ts'
import {
  findCheckpoint,
  findSchedule,
  listCheckpoints,
  listWork,
  type Checkpoint,
  type CheckpointSchedule,
} from '../../db/quality-checkpoints.ts'
import { DomainError } from '../../domain/errors.ts'
import {
  openCheckpoint,
  recordWork,
  scheduleCheckpoints,
  signCheckpointOff,
} from '../../operations/quality-checkpoints.ts'
import { body, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, instantSchema, listQuery, textSchema } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const TAGS = ['Data quality']
const PATH = '/v1/reports/data-quality/checkpoints'
const MINUTES_MAX = 100_000
const NOTE_MAX = 2_000
const count = z.number().int()
const noteSchema = textSchema(NOTE_MAX)
const params = z.object({ id: idSchema })

const checkpointSchema = z
  .object({
    id: z.string(),
    owner: z.string().openapi({ description: 'Who answers for it' }),
    scheduled: z.boolean(),
    openedAt: instant,
    since: instant.nullable().openapi({ description: 'Of the checkpoint before; null: none' }),
    findings: z.array(
      z.object({
        problem: z.string(),
        trait: z.string(),
        open: count.openapi({ description: 'Customers, when it was opened' }),
        fresh: count.openapi({ description: 'Found since the checkpoint before' }),
        settled: count.openapi({ description: 'Over since the checkpoint before' }),
      }),
    ),
    signedOffAt: instant.nullable(),
    signedOffBy: z.string().nullable().openapi({ description: 'A key' }),
    note: z.string().nullable(),
  })
  .openapi('QualityCheckpoint')

const detailSchema = checkpointSchema
  .extend({
    worklist: z.array(
      z.object({
        problem: z.string(),
        trait: z.string(),
        open: count.openapi({ description: 'When it was opened' }),
        left: count.openapi({ description: 'Now' }),
        minutes: count.openapi({ description: 'Spent on it' }),
        work: z.array(
          z.object({
            minutes: count,
            note: z.string().nullable(),
            at: instant,
            by: z.string().nullable(),
          }),
        ),
      }),
    ),
  })
  .openapi('QualityCheckpointWithWork')

const scheduleSchema = z
  .object({ owner: z.string(), every: z.string(), nextAt: instant })
  .nullable()
  .openapi('QualityCheckpointSchedule')

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: PATH,
    summary: 'List looks at the quality of data that somebody answers for',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: listQuery },
    responses: { 200: json(listOf(checkpointSchema), 'Newest first'), ...problems(400) },
  })

const open = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: PATH,
    summary: 'Open a checkpoint: what is open, and what came and went since the one before',
    tags: TAGS,
    ...guard.command('operate'),
    request: { body: body(z.strictObject({ owner: idSchema })) },
    responses: { 201: json(checkpointSchema, 'Opened'), ...problems(400, 413, 415, 422) },
  })

const one = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: `${PATH}/{id}`,
    summary: 'Show a checkpoint with its worklist: what is left now, and the effort spent',
    tags: TAGS,
    ...guard.read('read'),
    request: { params },
    responses: { 200: json(detailSchema, 'The checkpoint'), ...problems(400, 404) },
  })

const work = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: `${PATH}/{id}/work`,
    summary: 'Note what was done about a finding, and how long it took',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      params,
      body: body(
        z.strictObject({
          problem: idSchema,
          trait: idSchema,
          minutes: z.number().int().min(1).max(MINUTES_MAX),
          note: noteSchema.optional(),
        }),
      ),
    },
    responses: {
      200: json(detailSchema, 'The checkpoint'),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

const signOff = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: `${PATH}/{id}/sign-off`,
    summary: 'Sign a checkpoint off; it is kept as it is',
    tags: TAGS,
    ...guard.command('operate'),
    request: { params, body: body(z.strictObject({ note: noteSchema.optional() })) },
    responses: {
      200: json(checkpointSchema, 'Signed off'),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

const schedule = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/reports/data-quality/checkpoint-schedule',
    summary: 'Show when checkpoints are opened by themselves, and who answers for them',
    tags: TAGS,
    ...guard.read('read'),
    responses: { 200: json(scheduleSchema, 'Null: never'), ...problems() },
  })

const reschedule = (guard: Guard) =>
  createRoute({
    method: 'put',
    path: '/v1/reports/data-quality/checkpoint-schedule',
    summary: 'Have checkpoints opened by themselves, or no more',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      body: body(
        z
          .strictObject({
            owner: idSchema,
            every: z.string().max(50).openapi({ description: 'ISO 8601', example: 'P7D' }),
            from: instantSchema
              .optional()
              .openapi({ description: 'The first one. Default: one `every` from now' }),
          })
          .nullable(),
      ),
    },
    responses: { 200: json(scheduleSchema, 'The schedule'), ...problems(400, 413, 415, 422) },
  })

/** Looks at the quality of data that somebody answers for. */
export const checkpointRoutes = (deps: ApiDeps, guard: Guard) => {
  const detail = async (found: Checkpoint) => {
    const [done, left] = await Promise.all([
      listWork(deps.db, found.checkpointId),
      countFindings(deps.db),
    ])
    return toDetail(found, done, left)
  }
  return createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [openedAt, checkpointId] =
        readCursor(cursor, z.tuple([cursorInstant, z.string()])) ?? []
      const before =
        openedAt === undefined || checkpointId === undefined
          ? undefined
          : { openedAt, checkpointId }
      const rows = await listCheckpoints(deps.db, { limit: limit + 1, before })
      return c.json(
        toPage(rows, limit, (row) => [row.openedAt, row.checkpointId], toAnswer),
        200,
      )
    })
    .openapi(open(guard), async (c) => {
      const { owner } = c.req.valid('json')
      const { keyId } = c.get('caller')
      return c.json(toAnswer(await openCheckpoint(deps, { owner, keyId })), 201)
    })
    .openapi(one(guard), async (c) => {
      const found = await findCheckpoint(deps.db, c.req.valid('param').id)
      if (found === undefined) throw new DomainError('not_found', 'There is no such checkpoint.')
      return c.json(await detail(found), 200)
    })
    .openapi(work(guard), async (c) => {
      const { note = null, ...done } = c.req.valid('json')
      const { keyId } = c.get('caller')
      const { id } = c.req.valid('param')
      return c.json(await detail(await recordWork(deps, id, { ...done, note, keyId })), 200)
    })
    .openapi(signOff(guard), async (c) => {
      const { note = null } = c.req.valid('json')
      const { keyId } = c.get('caller')
      const { id } = c.req.valid('param')
      return c.json(toAnswer(await signCheckpointOff(deps, id, { note, keyId })), 200)
    })
    .openapi(schedule(guard), async (c) =>
      c.json(toSchedule((await findSchedule(deps.db)) ?? null), 200),
    )
    .openapi(reschedule(guard), async (c) => {
      const wanted = c.req.valid('json')
      const { keyId } = c.get('caller')
      const asked =
        wanted === null
          ? null
          : {
              owner: wanted.owner,
              every: wanted.every,
              ...(wanted.from === undefined ? {} : { from: new Date(wanted.from) }),
            }
      return c.json(toSchedule(await scheduleCheckpoints(deps, asked, keyId)), 200)
    })
}

const toAnswer = (row: Checkpoint) => ({
  id: row.checkpointId,
  owner: row.owner,
  scheduled: row.scheduled,
  openedAt: row.openedAt.toISOString(),
  since: row.since?.toISOString() ?? null,
  findings: [...row.findings],
  signedOffAt: row.signedOffAt?.toISOString() ?? null,
  signedOffBy: row.signedOffBy,
  note: row.note,
})

function toDetail(
  row: Checkpoint,
  done: Awaited<ReturnType<typeof listWork>>,
  left: Awaited<ReturnType<typeof countFindings>>,
) {
  return {
    ...toAnswer(row),
    worklist: row.findings.map(({ problem, trait, open: atFirst }) => {
      const isThis = (each: { readonly problem: string; readonly trait: string }): boolean =>
        each.problem === problem && each.trait === trait
      const ofThis = done.filter(isThis)
      return {
        problem,
        trait,
        open: atFirst,
        left: left.filter(isThis).reduce((sum, { customers }) => sum + customers, 0),
        minutes: ofThis.reduce((sum, { minutes }) => sum + minutes, 0),
        work: ofThis.map(({ minutes, note, doneAt, doneBy }) => ({
          minutes,
          note,
          at: doneAt.toISOString(),
          by: doneBy,
        })),
      }
    }),
  }
}

const toSchedule = (found: CheckpointSchedule | null) =>
  found === null
    ? null
    : { owner: found.owner, every: found.every, nextAt: found.nextAt.toISOString() }
