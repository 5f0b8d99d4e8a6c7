import { createRoute } from '@hono/zod-openapi'
import type { JsonObject } from '../../domain/json.ts'
import { schemaDocument, type DocumentName } from '../../domain/schema-documents.schema.ts'
import { jsonObject } from '../answers.ts'
import { createRouter } from '../router.ts'

const schemaRoute = <const Path extends string>(path: Path, summary: string, tag: string) =>
  createRoute({
    method: 'get',
    path,
    summary,
    tags: [tag],
    security: [],
    responses: {
      200: {
        description: 'The schema',
        content: { 'application/schema+json': { schema: jsonObject } },
      },
    },
  })

const journey = schemaRoute(
  '/v1/schema/journey.json',
  'The journey language as JSON Schema 2020-12, for editors',
  'Journeys',
)
const audience = schemaRoute(
  '/v1/schema/audience.json',
  'Audiences as JSON Schema 2020-12, for editors',
  'Audiences',
)
const message = schemaRoute(
  '/v1/schema/message.json',
  'Messages of the library as JSON Schema 2020-12, for editors',
  'Messages',
)
const contactPolicy = schemaRoute(
  '/v1/schema/contact-policy.json',
  'The contact policy as JSON Schema 2020-12, for editors',
  'Contact policy',
)
const arbitration = schemaRoute(
  '/v1/schema/arbitration.json',
  'Arbitration rules as JSON Schema 2020-12, for editors',
  'Arbitration',
)
const lifecycle = schemaRoute(
  '/v1/schema/lifecycle.json',
  'Lifecycle rules as JSON Schema 2020-12, for editors',
  'Lifecycle',
)
const caseRules = schemaRoute(
  '/v1/schema/case-rules.json',
  'Case rules as JSON Schema 2020-12, for editors',
  'Cases',
)
const factRules = schemaRoute(
  '/v1/schema/fact-rules.json',
  'Fact rules as JSON Schema 2020-12, for editors',
  'Facts',
)
const retention = schemaRoute(
  '/v1/schema/retention.json',
  'Retention rules as JSON Schema 2020-12, for editors',
  'Retention',
)
const identity = schemaRoute(
  '/v1/schema/identity.json',
  'Identity rules as JSON Schema 2020-12, for editors',
  'Identity',
)

const trackingPlan = schemaRoute(
  '/v1/schema/tracking-plan.json',
  'Tracking plan as JSON Schema 2020-12, for editors',
  'Tracking plan',
)

const HEADERS = {
  'content-type': 'application/schema+json',
  'cache-control': 'public, max-age=300',
}

/** Without a key, as `openapi.json`: an editor has none. */
export const schemaRoutes = () => {
  // Made once: they do not change while a process lives.
  const made = new Map<DocumentName, JsonObject>()
  const documentOf = (name: DocumentName): JsonObject => {
    const document = made.get(name) ?? schemaDocument(name)
    made.set(name, document)
    return document
  }
  return createRouter()
    .openapi(journey, (c) => c.json(documentOf('journey'), 200, HEADERS))
    .openapi(audience, (c) => c.json(documentOf('audience'), 200, HEADERS))
    .openapi(message, (c) => c.json(documentOf('message'), 200, HEADERS))
    .openapi(contactPolicy, (c) => c.json(documentOf('contact-policy'), 200, HEADERS))
    .openapi(arbitration, (c) => c.json(documentOf('arbitration'), 200, HEADERS))
    .openapi(lifecycle, (c) => c.json(documentOf('lifecycle'), 200, HEADERS))
    .openapi(caseRules, (c) => c.json(documentOf('case-rules'), 200, HEADERS))
    .openapi(factRules, (c) => c.json(documentOf('fact-rules'), 200, HEADERS))
    .openapi(retention, (c) => c.json(documentOf('retention'), 200, HEADERS))
    .openapi(identity, (c) => c.json(documentOf('identity'), 200, HEADERS))
    .openapi(trackingPlan, (c) => c.json(documentOf('tracking-plan'), 200, HEADERS))
}
