import { setTimeout as sleep } from 'node:timers/promises'
import { createRoute, z } from '@hono/zod-openapi'
import { findErasure, listErasures, type ErasureRow } from '../../db/erasures.ts'
import { PERSONAL_DATA } from '../../db/personal-data.ts'
import { listDropped } from '../../db/tombstones.ts'
import { DomainError, invariant } from '../../domain/errors.ts'
import { beginErasure, carryOnErasure } from '../../operations/erase-customer.ts'
import { findErasureOf } from '../../operations/find-erasure-of.ts'
import { liftTombstone } from '../../operations/lift-tombstone.ts'
import { body, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, idSchema, listQuery } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const TAGS = ['Erasure']
/** What begins while the call waits is over in a moment, unless a send is under way or the engine is away. */
const PATIENCE_MS = 40_000
const DROPPED_DAYS = 31

const count = z.number().int()
const erasureSchema = z
  .object({
    erasureId: z.string(),
    status: z.enum(['running', 'done']),
    createdAt: instant,
    createdBy: z.string().nullable(),
    completedAt: instant.nullable(),
    receipt: z.object({
      tombstones: count.openapi({ description: 'Names under which the person does not come back' }),
      dropped: count.optional().openapi({ description: 'Messages that waited, and are not sent' }),
      unsettled: z.boolean().optional().openapi({
        description:
          'A channel was still in a conversation after 35 s: what came of it is not known',
      }),
      engineRuns: count.optional().openapi({ description: 'Histories deleted in the engine' }),
      rows: z.record(z.string(), count).openapi({ description: 'Rows erased, by table' }),
      keys: count.optional().openapi({ description: "Keys of the engine's payloads, destroyed" }),
      encrypted: z.boolean(),
    }),
    remains: z.array(z.string()).openapi({ description: 'What is kept, or may remain, and why' }),
  })
  .openapi('Erasure')

const erase = (guard: Guard) =>
  createRoute({
    method: 'delete',
    path: '/v1/customers/{id}',
    summary: 'Forget a person, down to the engine',
    description:
      'In force with the answer: nothing is sent any more, and what callers send about the person is dropped, until a key with scope admin lifts it. Cannot be undone. The same call again answers the same receipt.',
    tags: TAGS,
    ...guard.bareCommand('admin'),
    request: { params: customerParams },
    responses: {
      200: json(erasureSchema, 'All of it is gone'),
      202: json(erasureSchema, 'Under way: a send has not ended, or the engine is away'),
      ...problems(400, 404, 409, 422),
    },
  })

const show = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/erasures/{id}',
    summary: 'How far an erasure is',
    tags: TAGS,
    ...guard.read('admin'),
    request: { params: z.object({ id: idSchema }) },
    responses: { 200: json(erasureSchema, 'Its receipt'), ...problems(400, 404) },
  })

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/erasures',
    summary: 'List erasures, and count what came too late',
    tags: TAGS,
    ...guard.read('admin'),
    request: { query: listQuery },
    responses: {
      200: json(
        listOf(erasureSchema).extend({
          dropped: z
            .array(z.object({ day: z.string(), count }))
            .openapi({ description: 'Events about people who were erased, by day, UTC' }),
        }),
        'Newest first',
      ),
      ...problems(400),
    },
  })

const lift = (guard: Guard) =>
  createRoute({
    method: 'delete',
    path: '/v1/tombstones',
    summary: 'Let a name of somebody who was erased be used again',
    tags: TAGS,
    // The name is what was to be forgotten: nobody keeps it with the answer.
    ...guard.command('admin', () => ({})),
    request: {
      body: body(
        z.strictObject({
          kind: idSchema.openapi({
            description: '`user`, `anonymous`, `email`, `phone` or an own kind',
          }),
          value: idSchema,
        }),
      ),
    },
    responses: {
      200: json(z.object({ lifted: z.literal(true) }), 'It is a new person from now on'),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

const place = z
  .tuple([cursorInstant, z.string()])
  .transform(([createdAt, erasureId]) => ({ createdAt, erasureId }))

export const erasureRoutes = (deps: ApiDeps, guard: Guard) => {
  const find = async (erasureId: string) => {
    const found = await findErasure(deps.db, erasureId)
    if (found === undefined) throw new DomainError('not_found', 'There is no such erasure.')
    return found
  }
  const begin = async (name: string, keyId: string): Promise<string> => {
    const before = await findErasureOf(deps, name)
    if (before !== undefined) return before
    return beginErasure(deps, { customerId: await findCustomerId(deps, name), keyId })
  }
  return createRouter()
    .openapi(erase(guard), async (c) => {
      const erasureId = await begin(c.req.valid('param').id, c.get('caller').keyId)
      const work = carryOnErasure(deps, erasureId).catch((err: unknown) =>
        deps.log.warn({ err, erasureId }, 'An erasure has stopped; it is gone on with'),
      )
      await Promise.race([work, sleep(PATIENCE_MS, undefined, { ref: false })])
      const erasure = await find(erasureId)
      return c.json(toErasure(erasure), erasure.status === 'done' ? 200 : 202)
    })
    .openapi(show(guard), async (c) => c.json(toErasure(await find(c.req.valid('param').id)), 200))
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const before = readCursor(cursor, place)
      const rows = await listErasures(deps.db, { limit: limit + 1, before })
      const page = toPage(rows, limit, (row) => [row.createdAt, row.erasureId], toErasure)
      return c.json({ ...page, dropped: await listDropped(deps.db, DROPPED_DAYS) }, 200)
    })
    .openapi(lift(guard), async (c) => {
      const { keyId } = c.get('caller')
      await liftTombstone(deps, { ...c.req.valid('json'), keyId })
      return c.json({ lifted: true as const }, 200)
    })
}

const KEPT = Object.entries(PERSONAL_DATA).flatMap(([table, found]) =>
  found.fate === 'keep' && ['erasures', 'tombstones', 'dropped_events'].includes(table)
    ? [`${table}: ${found.why}`]
    : [],
)
const BYTES_REMAIN =
  "Payloads were not encrypted: bytes of deleted histories may remain in the engine's store, and in its backups, until those are recycled."
const BACKUPS = 'Backups that were made before still hold all of it.'

function toErasure({ createdAt, completedAt, receipt, ...erasure }: ErasureRow) {
  invariant(receipt.tombstones > 0, 'a customer has a name')
  return {
    ...erasure,
    createdAt: createdAt.toISOString(),
    completedAt: completedAt?.toISOString() ?? null,
    receipt: { ...receipt, rows: { ...receipt.rows } },
    remains: [...KEPT, BACKUPS, ...(receipt.encrypted ? [] : [BYTES_REMAIN])],
  }
}
