import { createRoute, z } from '@hono/zod-openapi'
import { findMerge, listMerges, type ShownMerge } from '../../db/merges.ts'
import { MERGE_STATUSES } from '../../domain/customers/merge-status.ts'
import { invariant } from '../../domain/errors.ts'
import { decideMerge } from '../../operations/decide-merge.ts'
import { instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { filteredListQuery, idSchema } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const TAGS = ['Customers']

const mergeSchema = z
  .object({
    mergeId: z.string(),
    winner: z.string().openapi({ description: 'The customer who stays' }),
    loser: z.string().openapi({ description: 'The one who becomes part of it' }),
    cause: z.string().openapi({ description: 'The call that said that they are one person' }),
    status: z.enum(MERGE_STATUSES).openapi({
      description:
        'quarantined: waits for approval. approved: begins as soon as both are free. leaving: under way. done: they are one',
    }),
    reason: z.string().nullable().openapi({ description: 'Why it was not done by itself: a code' }),
    detail: z.string().nullable().openapi({ description: 'The same as a sentence' }),
    createdAt: instant,
    updatedAt: instant,
    decidedBy: z.string().nullable().openapi({ description: 'Key of who approved or rejected it' }),
  })
  .openapi('Merge')

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/merges',
    summary: 'List merges of customers who turned out to be one person',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: filteredListQuery({ status: z.enum(MERGE_STATUSES).optional() }) },
    responses: { 200: json(listOf(mergeSchema), 'Newest first'), ...problems(400) },
  })

const decision = <Verb extends string>(guard: Guard, verb: Verb, summary: string) =>
  createRoute({
    method: 'post',
    path: `/v1/merges/{id}/${verb}`,
    summary,
    tags: TAGS,
    ...guard.bareCommand('operate'),
    request: { params: z.object({ id: idSchema }) },
    responses: {
      200: json(mergeSchema, 'The merge'),
      ...problems(400, 404, 409, 422),
    },
  })

const place = z
  .tuple([cursorInstant, z.string()])
  .transform(([createdAt, mergeId]) => ({ createdAt, mergeId }))

export const mergeRoutes = (deps: ApiDeps, guard: Guard) => {
  const decide = async (mergeId: string, as: 'approved' | 'rejected', keyId: string) => {
    await decideMerge(deps, { mergeId, as, keyId })
    const merge = await findMerge(deps.db, mergeId)
    invariant(merge !== undefined, 'a merge that was decided is there')
    return toMerge(merge)
  }
  return createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor, status } = c.req.valid('query')
      const after = readCursor(cursor, place)
      const rows = await listMerges(deps.db, { status, limit: limit + 1, after })
      return c.json(
        toPage(rows, limit, (row) => [row.createdAt, row.mergeId], toMerge),
        200,
      )
    })
    .openapi(
      decision(guard, 'approve', 'Say that two customers are one person: they are merged'),
      async (c) => {
        const { keyId } = c.get('caller')
        return c.json(await decide(c.req.valid('param').id, 'approved', keyId), 200)
      },
    )
    .openapi(
      decision(guard, 'reject', 'Say that two customers are two persons: they stay apart'),
      async (c) => {
        const { keyId } = c.get('caller')
        return c.json(await decide(c.req.valid('param').id, 'rejected', keyId), 200)
      },
    )
}

const toMerge = ({ linkId: _, createdAt, updatedAt, ...merge }: ShownMerge) => ({
  ...merge,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})
