import { createRoute, z } from '@hono/zod-openapi'
import { findJob, listJobs } from '../../db/jobs.ts'
import { DomainError } from '../../domain/errors.ts'
import { cancelJob } from '../../operations/cancel-job.ts'
import { json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, listQuery } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import { jobSchema, toJob } from './job-answers.ts'
import { reportSchema } from './report-answers.ts'

const TAGS = ['Jobs']
const jobParams = z.object({ id: idSchema })

const jobWithReport = jobSchema.extend({
  report: reportSchema.nullable().openapi({ description: 'Null until it is done' }),
})

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/jobs',
    summary: 'List jobs, without their reports',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: listQuery },
    responses: { 200: json(listOf(jobSchema), 'Jobs, newest first'), ...problems(400) },
  })

const one = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/jobs/{id}',
    summary: 'A job: how far it is, and its report when it is done',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: jobParams },
    responses: { 200: json(jobWithReport, 'The job'), ...problems(400, 404) },
  })

const cancel = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    summary: 'End a job that waits or runs',
    tags: TAGS,
    ...guard.bareCommand('publish'),
    request: { params: jobParams },
    responses: {
      200: json(jobSchema, 'The job; one that was over already stays what it was'),
      ...problems(400, 404, 409, 422),
    },
  })

export const jobRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [createdAt, jobId] = readCursor(cursor, z.tuple([cursorInstant, z.string()])) ?? []
      const after =
        createdAt === undefined || jobId === undefined ? undefined : { createdAt, jobId }
      const rows = await listJobs(deps.db, { limit: limit + 1, after })
      return c.json(
        toPage(rows, limit, (row) => [row.createdAt, row.jobId], toJob),
        200,
      )
    })
    .openapi(one(guard), async (c) => {
      const { report, ...job } = await getJob(deps, c.req.valid('param').id)
      // Written by the job, and by nobody else.
      const found = report as unknown as z.output<typeof reportSchema> | null
      return c.json({ ...toJob(job), report: found }, 200)
    })
    .openapi(cancel(guard), async (c) => {
      const jobId = c.req.valid('param').id
      await cancelJob(deps, { jobId, keyId: c.get('caller').keyId })
      const { report: _report, ...job } = await getJob(deps, jobId)
      return c.json(toJob(job), 200)
    })

async function getJob({ db }: ApiDeps, jobId: string) {
  const job = await findJob(db, jobId)
  if (job === undefined) throw new DomainError('not_found', 'There is no such job')
  return job
}
