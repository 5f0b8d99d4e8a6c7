import { createRoute, z } from '@hono/zod-openapi'
import { findCapacity, listCapacities } from '../../db/capacities.ts'
import { countParked } from '../../db/parked-sends.ts'
import { listResumes } from '../../db/resumes.ts'
import { listStops } from '../../db/stops.ts'
import { listThrottles } from '../../db/throttles.ts'
import type { Ramp } from '../../domain/contact/ramp.ts'
import { DomainError } from '../../domain/errors.ts'
import { MESSAGE_CLASSES } from '../../domain/journeys/journey.ts'
import { resumeSends } from '../../operations/resume-sends.ts'
import { setCapacity } from '../../operations/set-capacity.ts'
import { stopSends } from '../../operations/stop-sends.ts'
import { body, json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, instantSchema, textSchema } from '../inputs.ts'
import { createRouter } from '../router.ts'
import {
  capacitySchema,
  controlSchema,
  resumeSchema,
  scopeSchema,
  stopSchema,
  toCapacity,
  toResume,
  toStop,
  toThrottle,
} from './control-answers.ts'

const TAGS = ['Control']
const REASON_LENGTH_MAX = 1_000
/** The log is told of about as many. */
const PER_SECOND_MAX = 500
const DAYS_MAX = 365

const nameParams = z.object({ name: idSchema })

const show = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/control',
    summary: 'What is stopped, resumed, parked, scarce and throttled',
    tags: TAGS,
    ...guard.read('read'),
    responses: { 200: json(controlSchema, 'All switches'), ...problems() },
  })

const panic = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/control/panic',
    summary: 'Stop all sends of a scope, at once',
    description:
      'In force with the answer: a conversation with a provider that has begun comes to its end, nothing else is handed to a channel. Journeys stay on their message steps; calls of `webhook` steps are no messages, and go on. A scope that is stopped already takes over the exceptions and the reason.',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      body: body(
        z.strictObject({
          scope: scopeSchema,
          exceptClasses: z
            .array(z.enum(MESSAGE_CLASSES))
            .max(MESSAGE_CLASSES.length)
            .optional()
            .openapi({ description: 'What goes out all the same; default: nothing' }),
          reason: textSchema(REASON_LENGTH_MAX).min(1),
        }),
      ),
    },
    responses: {
      200: json(stopSchema, 'The stop as it is in force'),
      ...problems(400, 409, 413, 415, 422),
    },
  })

const resume = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/control/resume',
    summary: 'Lift the stop of a scope, and bring back what it has parked',
    description:
      'Parked sends are let go the most valuable first, then the oldest; each is judged anew. Without `ramp`, mails go on where the warm-up curve of their domain stands at what was sent a day before the stop; where there is no curve, at a tenth of what was sent an hour, doubling every ten minutes.',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      body: body(
        z.strictObject({
          scope: scopeSchema,
          ramp: z
            .union([
              z.strictObject({ perSecond: z.number().gt(0).max(PER_SECOND_MAX) }),
              z.strictObject({ perDay: z.array(z.number().min(0)).min(1).max(DAYS_MAX) }),
            ])
            .optional()
            .openapi({ description: 'Of each channel' }),
        }),
      ),
    },
    responses: {
      200: json(resumeSchema, 'The resume, which goes on by itself'),
      ...problems(400, 409, 413, 415, 422),
    },
  })

const capacity = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/control/capacity/{name}',
    summary: 'How much of a capacity there is, and how many wait for it',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: nameParams },
    responses: { 200: json(capacitySchema, 'The capacity'), ...problems(400, 404) },
  })

const tellCapacity = (guard: Guard) =>
  createRoute({
    method: 'put',
    path: '/v1/control/capacity/{name}',
    summary: 'Tell how much of a capacity there is from now on',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      params: nameParams,
      body: body(
        z.strictObject({
          available: z
            .number()
            .min(0)
            .openapi({ description: 'Seconds of handling: agents × time. 0 holds everything' }),
          until: instantSchema
            .optional()
            .openapi({ description: 'What is not used by then is gone' }),
        }),
      ),
    },
    responses: {
      200: json(capacitySchema, 'The capacity, with nothing used yet'),
      ...problems(400, 409, 413, 415, 422),
    },
  })

export const controlRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(show(guard), async (c) => {
      const { db } = deps
      const answer = {
        stops: (await listStops(db)).map(toStop),
        resumes: (await listResumes(db)).map(toResume),
        parked: await countParked(db),
        capacities: (await listCapacities(db)).map(toCapacity),
        throttles: (await listThrottles(db)).map(toThrottle),
      }
      return c.json(answer, 200)
    })
    .openapi(panic(guard), async (c) => {
      const { scope, exceptClasses = [], reason } = c.req.valid('json')
      const { keyId } = c.get('caller')
      return c.json(toStop(await stopSends(deps, { scope, exceptClasses, reason, keyId })), 200)
    })
    .openapi(resume(guard), async (c) => {
      const { scope, ramp: asked } = c.req.valid('json')
      const { keyId } = c.get('caller')
      const ramp = asked === undefined ? undefined : toRamp(asked)
      return c.json(toResume(await resumeSends(deps, { scope, ramp, keyId })), 200)
    })
    .openapi(capacity(guard), async (c) => {
      const { name } = c.req.valid('param')
      const row = await findCapacity(deps.db, name)
      if (row === undefined)
        throw new DomainError('not_found', `Nobody has told of a capacity "${name}".`)
      return c.json(toCapacity(row), 200)
    })
    .openapi(tellCapacity(guard), async (c) => {
      const { available, until } = c.req.valid('json')
      const row = await setCapacity(deps, {
        name: c.req.valid('param').name,
        available,
        until: until === undefined ? null : new Date(until),
        keyId: c.get('caller').keyId,
      })
      return c.json(toCapacity(row), 200)
    })

const toRamp = (asked: { perSecond: number } | { perDay: number[] }): Ramp =>
  'perSecond' in asked ? { type: 'perSecond', ...asked } : { type: 'perDay', ...asked }
