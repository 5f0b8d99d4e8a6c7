import { createRoute, z } from '@hono/zod-openapi'
import { findCustomerQuality } from '../../db/customer-quality.ts'
import { listOpenFindings } from '../../db/open-findings.ts'
import { DomainError } from '../../domain/errors.ts'
import type { RepairWish } from '../../operations/plan-repairs.ts'
import { planRepairs } from '../../operations/plan-repairs.ts'
import { repairTraits } from '../../operations/repair-traits.ts'
import { reportDataQuality, traitsNeeded } from '../../operations/report-data-quality.ts'
import { undoRepair } from '../../operations/undo-repair.ts'
import { body, json, jsonValue, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, filteredListQuery, idSchema } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import {
  customerQualitySchema,
  findingKind,
  openFindingSchema,
  qualityReportSchema,
  repairedSchema,
  repairPlanSchema,
  toCustomerQuality,
  toFound,
  toQualityReport,
  toRepaired,
  toRepairPlan,
} from './data-quality-answers.ts'

const TAGS = ['Data quality']
/** Findings, profiles or given values that one call looks at. */
const REPAIRS_MAX = 500
const VALUES_MAX = 200

const ofCustomer = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/customers/{id}/data-quality',
    summary: "How good a customer's data is, and what to do about it",
    tags: TAGS,
    ...guard.read('read'),
    request: { params: customerParams },
    responses: {
      200: json(customerQualitySchema, 'What is there, what is wrong, whom else it looks like'),
      ...problems(400, 404, 409),
    },
  })

const report = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/reports/data-quality',
    summary: 'How good the data of all customers is: counts, no values',
    tags: TAGS,
    ...guard.read('read'),
    responses: { 200: json(qualityReportSchema, 'Counted now'), ...problems() },
  })

const filters = {
  problem: idSchema.optional(),
  trait: idSchema.optional(),
}

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/data-quality/findings',
    summary: 'List values that were set aside or flagged',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: filteredListQuery({ ...filters, kind: findingKind.optional() }) },
    responses: { 200: json(listOf(openFindingSchema), 'By customer'), ...problems(400) },
  })

const paging = {
  limit: z.number().int().min(1).max(REPAIRS_MAX).default(REPAIRS_MAX),
  cursor: z.string().max(2_000).optional(),
  region: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional()
    .openapi({
      description:
        'Of phone numbers that name no country; ISO 3166 alpha-2. Default: that of the identity rules',
    }),
}

const wishSchema = z
  .discriminatedUnion('rule', [
    z
      .strictObject({ rule: z.literal('suggestion'), ...filters, ...paging })
      .openapi({ description: 'Takes what was suggested' }),
    z
      .strictObject({ rule: z.literal('again'), ...filters, ...paging })
      .openapi({ description: 'Judges what was set aside once more, by the rules of today' }),
    z
      .strictObject({ rule: z.literal('stored'), ...paging })
      .openapi({ description: 'Judges profiles that came in before they were judged' }),
    z
      .strictObject({
        rule: z.literal('values'),
        values: z
          .array(z.strictObject({ customer: idSchema, trait: idSchema, value: jsonValue }))
          .min(1)
          .max(VALUES_MAX),
      })
      .openapi({ description: 'Takes these values' }),
  ])
  .openapi('RepairWish')

const preview = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/data-quality/repairs/preview',
    summary: 'What a repair would change; changes nothing',
    tags: TAGS,
    ...guard.ask('operate'),
    request: { body: body(wishSchema) },
    responses: { 200: json(repairPlanSchema, 'The plan'), ...problems(400, 404, 409, 413, 415) },
  })

const repair = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/data-quality/repairs',
    summary: 'Repair many values at once; actors hear of each',
    tags: TAGS,
    ...guard.command('operate'),
    request: { body: body(wishSchema) },
    responses: { 200: json(repairedSchema, 'Repaired'), ...problems(400, 404, 409, 413, 415, 422) },
  })

const undo = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/data-quality/repairs/{repairId}/undo',
    summary: 'Put back what a repair changed, where nothing changed it since',
    tags: TAGS,
    ...guard.bareCommand('operate'),
    request: { params: z.object({ repairId: idSchema }) },
    responses: {
      200: json(z.object({ undone: z.number().int(), skipped: z.number().int() }), 'Put back'),
      ...problems(400, 404, 409, 422),
    },
  })

const findingPlace = z
  .tuple([z.string(), z.string(), z.string()])
  .transform(([customerId, trait, problem]) => ({ customerId, trait, problem }))
const profilePlace = z.tuple([z.string()]).transform(([customerId]) => customerId)

async function toWish(deps: ApiDeps, wanted: z.output<typeof wishSchema>): Promise<RepairWish> {
  switch (wanted.rule) {
    case 'values': {
      const values = []
      for (const { customer, trait, value } of wanted.values)
        values.push({ customerId: await findCustomerId(deps, customer), trait, value })
      return { rule: 'values', values }
    }
    case 'stored':
      return { ...wanted, after: readCursor(wanted.cursor, profilePlace) }
    case 'suggestion':
    case 'again':
      return { ...wanted, after: readCursor(wanted.cursor, findingPlace) }
  }
}

export const dataQualityRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(ofCustomer(guard), async (c) => {
      const customerId = await findCustomerId(deps, c.req.valid('param').id)
      const quality = await findCustomerQuality(deps.db, customerId)
      if (quality === undefined) throw new DomainError('not_found', 'There is no such customer.')
      return c.json(toCustomerQuality(customerId, quality, await traitsNeeded(deps)), 200)
    })
    .openapi(report(guard), async (c) =>
      c.json(toQualityReport(await reportDataQuality(deps)), 200),
    )
    .openapi(list(guard), async (c) => {
      const { limit, cursor, ...filter } = c.req.valid('query')
      const after = readCursor(cursor, findingPlace)
      const rows = await listOpenFindings(deps.db, filter, { limit: limit + 1, after })
      return c.json(
        toPage(
          rows,
          limit,
          (row) => [row.customerId, row.trait, row.problem],
          (row) => ({ customerId: row.customerId, ...toFound(row) }),
        ),
        200,
      )
    })
    .openapi(preview(guard), async (c) => {
      const plan = await planRepairs(deps.db, await toWish(deps, c.req.valid('json')))
      return c.json(toRepairPlan(plan), 200)
    })
    .openapi(repair(guard), async (c) => {
      const wish = await toWish(deps, c.req.valid('json'))
      const { repairId, plan } = await repairTraits(deps, wish, c.get('caller').keyId)
      return c.json(toRepaired(repairId, plan), 200)
    })
    .openapi(undo(guard), async (c) => {
      const { repairId } = c.req.valid('param')
      return c.json(await undoRepair(deps, { repairId, keyId: c.get('caller').keyId }), 200)
    })
