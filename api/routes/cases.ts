import { createRoute, z } from '@hono/zod-openapi'
import { findCase, listCaseEvents, listCases, listCodes } from '../../db/case-pages.ts'
import type { CaseRow } from '../../db/cases.ts'
import { findCaseSettings } from '../../db/rule-documents.ts'
import type { CaseSettings } from '../../domain/cases/case-rules.ts'
import { typeOf } from '../../domain/cases/case-state.ts'
import { DomainError } from '../../domain/errors.ts'
import { own } from '../../domain/own.ts'
import { toIso } from '../../domain/time.ts'
import { prioritizeCases, type PrioritizedCaseRow } from '../../operations/prioritize-cases.ts'
import { instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, idSchema, listQuery } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const TAGS = ['Cases']
/** Codes that are looked through for those that stand for no type. */
const CODES_MAX = 10_000
const count = z.number().int()
const status = z.enum(['open', 'resolved', 'closed'])

const caseSchema = z
  .object({
    id: z.string(),
    customerId: z.string(),
    status,
    type: z
      .string()
      .nullable()
      .openapi({ description: 'Of the taxonomy; null: no code that was given stands for one' }),
    title: z.string().nullable().openapi({ description: 'What people call the type' }),
    severity: count.openapi({ description: '1 to 5' }),
    openedAt: instant,
    promisedAt: instant.nullable().openapi({ description: 'Until when an answer is promised' }),
    resolvedAt: instant.nullable(),
    closedAt: instant.nullable(),
    lastAt: instant,
    contacts: count.openapi({ description: 'After the one that opened it' }),
    escalations: count,
    emotion: z.string().nullable(),
    level: z.string().nullable().openapi({ description: 'How far it was resolved' }),
    satisfaction: z.number().nullable(),
    sources: z.array(z.string()),
    doubts: z
      .array(z.string())
      .openapi({ description: 'Cases that it may be as well; nobody guesses' }),
    priority: z
      .object({
        points: z.number(),
        parts: z.array(z.object({ name: z.string(), points: z.number(), because: z.string() })),
      })
      .optional()
      .openapi({ description: 'With `sort=priority`, and of one case that is open' }),
  })
  .openapi('Case')

const detailSchema = caseSchema
  .extend({
    events: z.array(
      z.object({
        messageId: z.string(),
        action: z.enum(['opened', 'contacted', 'escalated', 'resolved', 'reopened', 'closed']),
        at: instant,
        source: z.string(),
        ref: z.string().nullable(),
        code: z.string().nullable(),
      }),
    ),
  })
  .openapi('CaseWithEvents')

const unmappedSchema = z
  .object({ source: z.string(), code: z.string(), count, lastAt: instant })
  .openapi('UnmappedCode')

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/cases',
    summary: 'List service cases: opened last comes first, or the most urgent',
    tags: TAGS,
    ...guard.read('read'),
    request: {
      query: listQuery.extend({
        status: status.optional(),
        type: idSchema.optional().openapi({ description: 'Of the taxonomy' }),
        doubtful: z
          .enum(['true'])
          .optional()
          .openapi({ description: 'Only those that may be another one as well' }),
        sort: z.enum(['opened', 'priority']).default('opened').openapi({
          description:
            '`priority`: open ones by the published formula, one page, each with its points',
        }),
      }),
    },
    responses: { 200: json(listOf(caseSchema), 'The cases'), ...problems(400) },
  })

const unmapped = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/cases/unmapped',
    summary: 'Codes that no type of the taxonomy names',
    tags: TAGS,
    ...guard.read('read'),
    responses: {
      200: json(z.object({ data: z.array(unmappedSchema) }), 'The most frequent first'),
      ...problems(),
    },
  })

const one = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/cases/{id}',
    summary: 'Show a case with everything that was said about it',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: z.object({ id: idSchema }) },
    responses: { 200: json(detailSchema, 'The case'), ...problems(400, 404) },
  })

const ofCustomer = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/customers/{id}/cases',
    summary: 'The cases of a customer, for the app or the agent who shows them',
    tags: ['Customers'],
    ...guard.read('read'),
    request: { params: customerParams, query: listQuery },
    responses: { 200: json(listOf(caseSchema), 'Newest first'), ...problems(400, 404, 409) },
  })

const cursorSchema = z.tuple([z.number(), z.string()])
/** The case that a page begins after. */
function afterOf(cursor: string | undefined) {
  const [openedAtMs, caseId] = readCursor(cursor, cursorSchema) ?? []
  return openedAtMs === undefined || caseId === undefined ? undefined : { openedAtMs, caseId }
}

const placeOf = (row: CaseRow) => [row.openedAtMs, row.caseId] as const

/** Service cases, wherever they were voiced. */
export const caseRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor, sort, status: ofStatus, type, doubtful } = c.req.valid('query')
      const rules = await findCaseSettings(deps.db)
      if (sort === 'priority') {
        const rows = (await prioritizeCases(deps.db, { nowMs: deps.now() })).filter(
          (row) =>
            (ofStatus ?? 'open') === 'open' &&
            (type === undefined || row.type === type) &&
            (doubtful === undefined || row.doubts.length > 0),
        )
        return c.json(
          { data: rows.slice(0, limit).map((row) => withPriority(row, rules)), nextCursor: null },
          200,
        )
      }
      const rows = await listCases(deps.db, {
        status: ofStatus,
        type,
        isDoubtful: doubtful === 'true',
        limit: limit + 1,
        after: afterOf(cursor),
      })
      return c.json(
        toPage(rows, limit, placeOf, (row) => toAnswer(row, rules)),
        200,
      )
    })
    .openapi(unmapped(guard), async (c) => {
      const rules = await findCaseSettings(deps.db)
      const codes = await listCodes(deps.db, CODES_MAX)
      const data = codes
        .filter((each) => typeOf(rules, each) === null)
        .map(({ lastAt, ...each }) => ({ ...each, lastAt: lastAt.toISOString() }))
      return c.json({ data }, 200)
    })
    .openapi(one(guard), async (c) => {
      const { id } = c.req.valid('param')
      const row = await findCase(deps.db, id)
      if (row === undefined) throw new DomainError('not_found', 'There is no such case.')
      const rules = await findCaseSettings(deps.db)
      const [weighed] =
        row.status === 'open'
          ? await prioritizeCases(deps.db, { caseId: id, nowMs: deps.now() })
          : []
      const answer = weighed === undefined ? toAnswer(row, rules) : withPriority(weighed, rules)
      const events = (await listCaseEvents(deps.db, id)).map(
        ({ messageId, action, atMs, source, ref, code }) => ({
          messageId,
          action,
          at: toIso(atMs),
          source,
          ref,
          code,
        }),
      )
      return c.json({ ...answer, events }, 200)
    })
    .openapi(ofCustomer(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const after = afterOf(cursor)
      const customerId = await findCustomerId(deps, c.req.valid('param').id)
      const rows = await listCases(deps.db, {
        customerId,
        limit: limit + 1,
        after,
      })
      const rules = await findCaseSettings(deps.db)
      return c.json(
        toPage(rows, limit, placeOf, (row) => toAnswer(row, rules)),
        200,
      )
    })

const orNull = (atMs: number | null): string | null => (atMs === null ? null : toIso(atMs))

const toAnswer = (row: CaseRow, { types }: CaseSettings) => ({
  id: row.caseId,
  customerId: row.customerId,
  status: row.status,
  type: row.type,
  title: row.type === null ? null : (own(types, row.type)?.title ?? null),
  severity: row.severity,
  openedAt: toIso(row.openedAtMs),
  promisedAt: orNull(row.promisedAtMs),
  resolvedAt: orNull(row.resolvedAtMs),
  closedAt: orNull(row.closedAtMs),
  lastAt: toIso(row.lastAtMs),
  contacts: row.contacts,
  escalations: row.escalations,
  emotion: row.emotion,
  level: row.level,
  satisfaction: row.satisfaction,
  sources: [...row.sources],
  doubts: [...row.doubts],
})

const withPriority = (row: PrioritizedCaseRow, rules: CaseSettings) => ({
  ...toAnswer(row, rules),
  priority: { points: row.priority, parts: [...row.parts] },
})
