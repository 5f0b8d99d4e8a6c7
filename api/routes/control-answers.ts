import { z } from '@hono/zod-openapi'
import type { CapacityRow } from '../../db/capacities.ts'
import type { ResumeRow } from '../../db/resumes.ts'
import type { StopRow } from '../../db/stops.ts'
import type { ThrottleRow } from '../../db/throttles.ts'
import { scopeOfColumns } from '../../domain/contact/stop-scope.ts'
import { MESSAGE_CLASSES } from '../../domain/journeys/journey.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import { instant } from '../answers.ts'
import { idSchema } from '../inputs.ts'

export const scopeSchema = z
  .union([
    z.literal('all'),
    z.strictObject({ channel: z.enum(CHANNELS) }),
    z.strictObject({ journey: idSchema }),
  ])
  .openapi({ description: '"all", { "channel": … } or { "journey": … }' })

export const stopSchema = z
  .object({
    scope: scopeSchema,
    exceptClasses: z
      .array(z.enum(MESSAGE_CLASSES))
      .openapi({ description: 'What goes out all the same' }),
    reason: z.string(),
    since: instant,
    stoppedBy: z.string().nullable().openapi({ description: 'The key' }),
  })
  .openapi('Stop')

export const toStop = (row: StopRow): z.output<typeof stopSchema> => ({
  scope: scopeOfColumns(row),
  exceptClasses: [...row.exceptClasses],
  reason: row.reason,
  since: row.since.toISOString(),
  stoppedBy: row.stoppedBy,
})

const rampSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('perSecond'), perSecond: z.number() }),
  z
    .object({ type: z.literal('perDay'), perDay: z.array(z.number()) })
    .openapi({ description: 'On its first day, its second …; then without limit' }),
  z
    .object({ type: z.literal('doubling'), from: z.number(), to: z.number() })
    .openapi({ description: 'A second; twice as fast every ten minutes' }),
])

export const resumeSchema = z
  .object({
    resumeId: z.string(),
    scope: scopeSchema,
    status: z.enum(['running', 'paused', 'done']).openapi({
      description: '`paused`: it was stopped again; the next resume takes up what is left',
    }),
    released: z.number().int().openapi({ description: 'Sends let go so far' }),
    ramp: z.partialRecord(z.enum(CHANNELS), rampSchema).openapi({
      description: 'By channel; empty until its first round has planned it',
    }),
    createdAt: instant,
    createdBy: z.string().nullable(),
    updatedAt: instant,
  })
  .openapi('Resume')

export const toResume = (row: ResumeRow): z.output<typeof resumeSchema> => ({
  resumeId: row.resumeId,
  scope: scopeOfColumns(row),
  status: row.status,
  released: row.released,
  ramp: Object.fromEntries(
    Object.entries(row.ramp).map(([channel, { ramp }]) => [
      channel,
      ramp.type === 'perDay' ? { ...ramp, perDay: [...ramp.perDay] } : ramp,
    ]),
  ),
  createdAt: row.createdAt.toISOString(),
  createdBy: row.createdBy,
  updatedAt: row.updatedAt.toISOString(),
})

export const capacitySchema = z
  .object({
    name: z.string(),
    available: z.number().openapi({ description: 'Seconds of handling, as last told' }),
    used: z.number().openapi({ description: 'Of them, since then' }),
    reserved: z
      .number()
      .openapi({ description: 'For sends that were let go and have not come yet' }),
    until: instant.nullable(),
    updatedAt: instant.nullable().openapi({ description: 'Null: it was never told' }),
    waiting: z.number().int().openapi({ description: 'Sends that wait for it' }),
  })
  .openapi('Capacity')

export const toCapacity = (row: CapacityRow): z.output<typeof capacitySchema> => ({
  ...row,
  until: row.until?.toISOString() ?? null,
  updatedAt: row.updatedAt?.toISOString() ?? null,
})

const throttleSchema = z.object({
  channel: z.enum(CHANNELS),
  perSecond: z.number().nullable().openapi({ description: 'Null: as many as there are' }),
  problem: z
    .string()
    .nullable()
    .openapi({ description: 'Why the engine does not do it; null where it does' }),
  updatedAt: instant,
})

export const toThrottle = (row: ThrottleRow): z.output<typeof throttleSchema> => ({
  ...row,
  updatedAt: row.updatedAt.toISOString(),
})

export const controlSchema = z
  .object({
    stops: z.array(stopSchema).openapi({ description: 'In force, oldest first' }),
    resumes: z.array(resumeSchema).openapi({ description: 'The newest ones, newest first' }),
    parked: z.array(
      z.object({
        reason: z.string().openapi({ example: 'stop:all' }),
        sends: z.number().int(),
      }),
    ),
    capacities: z.array(capacitySchema),
    throttles: z.array(throttleSchema),
  })
  .openapi('Control')
