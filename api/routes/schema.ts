import { createRoute } from '@hono/zod-openapi'
import { journeySchemaDocument } from '../../domain/journeys/schema-document.schema.ts'
import type { JsonObject } from '../../domain/json.ts'
import { jsonObject } from '../answers.ts'
import { createRouter } from '../router.ts'

const journeySchemaRoute = createRoute({
  method: 'get',
  path: '/v1/schema/journey.json',
  summary: 'The journey language as JSON Schema 2020-12, for editors',
  tags: ['Journeys'],
  security: [],
  responses: {
    200: {
      description: 'The schema',
      content: { 'application/schema+json': { schema: jsonObject } },
    },
  },
})

/** Without a key, as `openapi.json`: an editor has none. */
export const schemaRoutes = () => {
  // Made once: it does not change while a process lives.
  let document: JsonObject | undefined
  return createRouter().openapi(journeySchemaRoute, (c) => {
    document ??= journeySchemaDocument()
    return c.json(document, 200, {
      'content-type': 'application/schema+json',
      'cache-control': 'public, max-age=300',
    })
  })
}
