import { createRoute, z } from '@hono/zod-openapi'
import { startBacktest } from '../../operations/start-backtest.ts'
import { body, findingSchema, json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { draftsSchema, idSchema, instantSchema, ruleDraftsShape } from '../inputs.ts'
import { createRouter } from '../router.ts'
import { jobSchema, toJob } from './job-answers.ts'

const backtestBody = z
  .strictObject({
    definitions: draftsSchema,
    ...ruleDraftsShape,
    from: instantSchema.openapi({
      description: 'Where the window begins; what happened before is history',
    }),
    to: instantSchema.openapi({ description: 'Where it ends; this instant is not in it' }),
    sample: z.number().gt(0).max(1).default(1).openapi({
      description: 'Share of the customers, by a hash of their ids: always the same ones',
    }),
    assume: z
      .strictObject({
        consents: z
          .array(z.strictObject({ purpose: idSchema, channel: idSchema }))
          .max(100)
          .default([])
          .openapi({
            description:
              'Granted by everybody of whom nothing is recorded for that purpose and channel',
          }),
        channels: z.array(z.literal('email')).max(1).default([]).openapi({
          description: 'Everybody can be reached by it whose address is not known',
        }),
      })
      .prefault({})
      .openapi({ description: 'What is taken as given where nothing is recorded' }),
    compare: z.boolean().default(false).openapi({
      description: 'What is live beside what it would be with the drafts: `a`, `b`, `difference`',
    }),
  })
  .openapi('Backtest')

const start = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/backtest',
    summary: 'Play drafts and what is live over what was recorded of all customers',
    description:
      'Stored as a job, which the engine carries out; with the engine away it begins when that is back. Nothing is sent and nobody is changed. `docs/backtest.md` says what every figure of the report means.',
    tags: ['Journeys'],
    ...guard.command('publish'),
    request: { body: body(backtestBody) },
    responses: {
      202: json(
        jobSchema.extend({
          warnings: z.array(findingSchema).openapi({ description: 'About the drafts' }),
        }),
        'The job; ask for it again to see how far it is',
      ),
      ...problems(400, 409, 413, 415, 422),
    },
  })

export const backtestRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter().openapi(start(guard), async (c) => {
    const { from, to, ...asked } = c.req.valid('json')
    const { job, warnings } = await startBacktest(deps, {
      ...asked,
      fromMs: Date.parse(from),
      toMs: Date.parse(to),
      keyId: c.get('caller').keyId,
    })
    return c.json({ ...toJob(job), warnings: [...warnings] }, 202)
  })
