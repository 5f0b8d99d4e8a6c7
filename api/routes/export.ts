import { createRoute, z } from '@hono/zod-openapi'
import { stream } from 'hono/streaming'
import {
  EXPORTED,
  exportRows,
  findExported,
  readExportSchema,
  sectionName,
} from '../../db/customer-export.ts'
import { jsonObject, json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams } from '../inputs.ts'
import { createRouter } from '../router.ts'

const whole = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/customers/{id}/export',
    summary: 'Everything that is held about a person',
    description:
      'With all that became part of this customer, as /v1/schema/export.json says. It is everything at once, addresses and texts of mails included, so it takes scope admin. An answer that ends before its last brace was cut short.',
    tags: ['Customers'],
    ...guard.read('admin'),
    request: { params: customerParams },
    responses: {
      200: json(
        z.object({ customerId: z.string(), exportedAt: z.string() }).catchall(z.any()),
        'The export',
      ),
      ...problems(400, 404, 409),
    },
  })

const schema = createRoute({
  method: 'get',
  path: '/v1/schema/export.json',
  summary: 'What an export holds, as JSON Schema 2020-12',
  tags: ['Customers'],
  security: [],
  responses: {
    200: {
      description: 'The schema',
      content: { 'application/schema+json': { schema: jsonObject } },
    },
  },
})

export const exportRoutes = (deps: ApiDeps, guard: Guard) => {
  const { db, now, log } = deps
  return createRouter()
    .openapi(whole(guard), async (c) => {
      const customerId = await findCustomerId(deps, c.req.valid('param').id)
      const person = await findExported(db, customerId)
      const head = { customerId, exportedAt: new Date(now()).toISOString() }
      c.header('content-type', 'application/json')
      c.header('cache-control', 'no-store')
      const answer = stream(
        c,
        async (to) => {
          await to.write(JSON.stringify(head).slice(0, -1))
          for (const table of EXPORTED) {
            await to.write(`,${JSON.stringify(sectionName(table))}:[`)
            let isFirst = true
            for await (const rows of exportRows(db, table, person)) {
              const text = rows.map((row) => JSON.stringify(row)).join(',')
              await to.write(isFirst ? text : `,${text}`)
              isFirst = false
            }
            await to.write(']')
          }
          await to.write('}')
        },
        async (err) => log.error({ err, customerId }, 'An export was cut short'),
      )
      // What is streamed is not typed: its schema is published apart.
      return answer as never
    })
    .openapi(schema, async (c) => {
      const sections = await readExportSchema(db)
      const document = {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: 'urn:rumbo:schema:export',
        title: 'Export',
        description: 'Everything that is held about a person.',
        type: 'object',
        additionalProperties: false,
        required: ['customerId', 'exportedAt', ...Object.keys(sections)],
        properties: {
          customerId: { type: 'string' },
          exportedAt: { type: 'string', format: 'date-time' },
          ...sections,
        },
      }
      return c.json(document, 200, { 'content-type': 'application/schema+json' })
    })
}
