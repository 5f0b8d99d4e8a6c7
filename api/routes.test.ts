import { beforeAll, describe, expect, test } from 'vitest'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { SCOPES } from '../domain/scopes.ts'

interface RouteDocument {
  security: Record<string, string[]>[]
  summary?: string
  parameters?: { name: string; in: string }[]
  requestBody?: unknown
  responses: Record<string, { description: string }>
}
interface OpenApi {
  openapi: string
  paths: Record<string, Record<string, RouteDocument>>
  components: { securitySchemes: Record<string, { type: string }> }
}

/** Every route that `api.md` gives to this stage, with the scope it needs. */
const ROUTES: Record<string, string | null> = {
  'POST /v1/track': 'ingest',
  'POST /v1/identify': 'ingest',
  'POST /v1/alias': 'ingest',
  'POST /v1/page': 'ingest',
  'POST /v1/screen': 'ingest',
  'POST /v1/group': 'ingest',
  'POST /v1/batch': 'ingest',
  'GET /v1/customers': 'read',
  'GET /v1/customers/{id}': 'read',
  'GET /v1/customers/{id}/timeline': 'read',
  'GET /v1/customers/{id}/decisions': 'read',
  'GET /v1/customers/{id}/deliveries': 'read',
  'GET /v1/customers/{id}/data-quality': 'read',
  'GET /v1/reports/data-quality': 'read',
  'GET /v1/reports/data-quality/checkpoints': 'read',
  'POST /v1/reports/data-quality/checkpoints': 'operate',
  'GET /v1/reports/data-quality/checkpoints/{id}': 'read',
  'POST /v1/reports/data-quality/checkpoints/{id}/work': 'operate',
  'POST /v1/reports/data-quality/checkpoints/{id}/sign-off': 'operate',
  'GET /v1/reports/data-quality/checkpoint-schedule': 'read',
  'PUT /v1/reports/data-quality/checkpoint-schedule': 'operate',
  'GET /v1/data-quality/findings': 'read',
  'POST /v1/data-quality/repairs/preview': 'operate',
  'POST /v1/data-quality/repairs': 'operate',
  'POST /v1/data-quality/repairs/{repairId}/undo': 'operate',
  'GET /v1/decisions': 'read',
  'GET /v1/decisions/{decisionId}': 'read',
  'PUT /v1/customers/{id}/consents/{purpose}/{channel}': 'operate',
  'GET /v1/customers/{id}/consents': 'read',
  'POST /v1/customers/{id}/consents/{purpose}/{channel}/requests': 'operate',
  'GET /v1/consent-texts': 'read',
  'GET /v1/consent-texts/{version}': 'read',
  'PUT /v1/consent-texts/{version}': 'publish',
  'POST /v1/consents/import': 'operate',
  'POST /v1/customers/{id}/exit': 'operate',
  'POST /v1/customers/{id}/enter': 'operate',
  'POST /v1/customers/{id}/next': 'read',
  'GET /v1/customers/{id}/exclusions': 'read',
  'POST /v1/customers/{id}/exclusions': 'operate',
  'DELETE /v1/customers/{id}/exclusions/{exclusionId}': 'operate',
  'POST /v1/test-customers': 'operate',
  'POST /v1/customers/{id}/fast-forward': 'operate',
  'POST /v1/journeys/check': 'publish',
  'GET /v1/contact-policy': 'read',
  'PUT /v1/contact-policy': 'publish',
  'POST /v1/contact-policy/check': 'publish',
  'GET /v1/contact-policy/versions': 'read',
  'GET /v1/contact-policy/versions/{version}': 'read',
  'GET /v1/contact-policy/diff': 'read',
  'GET /v1/contact-policy/matrix': 'read',
  'GET /v1/arbitration': 'read',
  'PUT /v1/arbitration': 'publish',
  'POST /v1/arbitration/check': 'publish',
  'GET /v1/arbitration/versions': 'read',
  'GET /v1/arbitration/versions/{version}': 'read',
  'GET /v1/arbitration/diff': 'read',
  'GET /v1/agent-tasks': 'read',
  'GET /v1/customers/{id}/agent-tasks': 'read',
  'POST /v1/agent-tasks/next': 'operate',
  'POST /v1/agent-tasks/{id}/accept': 'operate',
  'POST /v1/agent-tasks/{id}/decline': 'operate',
  'POST /v1/agent-tasks/{id}/done': 'operate',
  'GET /v1/cases': 'read',
  'GET /v1/cases/unmapped': 'read',
  'GET /v1/cases/{id}': 'read',
  'GET /v1/customers/{id}/cases': 'read',
  'GET /v1/case-rules': 'read',
  'PUT /v1/case-rules': 'publish',
  'POST /v1/case-rules/check': 'publish',
  'GET /v1/case-rules/versions': 'read',
  'GET /v1/case-rules/versions/{version}': 'read',
  'GET /v1/case-rules/diff': 'read',
  'GET /v1/schema/case-rules.json': null,
  'GET /v1/fact-rules': 'read',
  'PUT /v1/fact-rules': 'publish',
  'POST /v1/fact-rules/check': 'publish',
  'GET /v1/fact-rules/versions': 'read',
  'GET /v1/fact-rules/versions/{version}': 'read',
  'GET /v1/fact-rules/diff': 'read',
  'GET /v1/schema/fact-rules.json': null,
  'GET /v1/retention': 'read',
  'PUT /v1/retention': 'publish',
  'POST /v1/retention/check': 'publish',
  'GET /v1/retention/versions': 'read',
  'GET /v1/retention/versions/{version}': 'read',
  'GET /v1/retention/diff': 'read',
  'GET /v1/retention/runs': 'read',
  'POST /v1/retention/run': 'publish',
  'POST /v1/retention/preview': 'publish',
  'GET /v1/schema/retention.json': null,
  'GET /v1/identity': 'read',
  'PUT /v1/identity': 'publish',
  'POST /v1/identity/check': 'publish',
  'GET /v1/identity/versions': 'read',
  'GET /v1/identity/versions/{version}': 'read',
  'GET /v1/identity/diff': 'read',
  'GET /v1/schema/identity.json': null,
  'GET /v1/tracking-plan': 'read',
  'GET /v1/reports/tracking-plan': 'read',
  'PUT /v1/tracking-plan': 'publish',
  'POST /v1/tracking-plan/check': 'publish',
  'GET /v1/tracking-plan/versions': 'read',
  'GET /v1/tracking-plan/versions/{version}': 'read',
  'GET /v1/tracking-plan/diff': 'read',
  'GET /v1/schema/tracking-plan.json': null,
  'GET /v1/touchpoints': 'read',
  'PUT /v1/touchpoints/{source}': 'operate',
  'GET /v1/lifecycle': 'read',
  'PUT /v1/lifecycle': 'publish',
  'POST /v1/lifecycle/check': 'publish',
  'POST /v1/lifecycle/preview': 'publish',
  'GET /v1/lifecycle/versions': 'read',
  'GET /v1/lifecycle/versions/{version}': 'read',
  'GET /v1/lifecycle/diff': 'read',
  'GET /v1/lifecycle/rollouts': 'read',
  'GET /v1/lifecycle/rollouts/{version}': 'read',
  'POST /v1/lifecycle/rollouts/{version}/pause': 'publish',
  'POST /v1/lifecycle/rollouts/{version}/resume': 'publish',
  'GET /v1/reports/lifecycle': 'read',
  'GET /v1/customers/{id}/lifecycle': 'read',
  'POST /v1/journeys/simulate': 'read',
  'POST /v1/journeys/backtest': 'publish',
  'GET /v1/jobs': 'read',
  'GET /v1/jobs/{id}': 'read',
  'POST /v1/jobs/{id}/cancel': 'publish',
  'GET /v1/schema/journey.json': null,
  'GET /v1/schema/contact-policy.json': null,
  'GET /v1/schema/arbitration.json': null,
  'GET /v1/schema/lifecycle.json': null,
  'POST /v1/journeys/{key}/versions': 'publish',
  'GET /v1/journeys': 'read',
  'GET /v1/journeys/{key}': 'read',
  'GET /v1/journeys/{key}/versions/{version}': 'read',
  'POST /v1/journeys/{key}/versions/{version}/close': 'publish',
  'POST /v1/journeys/{key}/versions/{version}/stop': 'publish',
  'POST /v1/journeys/{key}/rollback': 'publish',
  'GET /v1/journeys/{key}/diff': 'read',
  'POST /v1/journeys/{key}/migrations': 'publish',
  'GET /v1/journeys/{key}/migrations': 'read',
  'GET /v1/journeys/{key}/migrations/{id}': 'read',
  'POST /v1/journeys/{key}/migrations/{id}/pause': 'publish',
  'POST /v1/journeys/{key}/migrations/{id}/resume': 'publish',
  'POST /v1/journeys/{key}/migrations/{id}/undo': 'publish',
  'GET /v1/audiences': 'read',
  'GET /v1/audiences/{key}': 'read',
  'PUT /v1/audiences/{key}': 'publish',
  'GET /v1/audiences/{key}/versions': 'read',
  'GET /v1/customers/{id}/audiences': 'read',
  'POST /v1/audiences/check': 'publish',
  'POST /v1/audiences/count': 'publish',
  'GET /v1/schema/audience.json': null,
  'GET /v1/messages': 'read',
  'GET /v1/messages/{key}': 'read',
  'PUT /v1/messages/{key}': 'publish',
  'GET /v1/messages/{key}/versions': 'read',
  'POST /v1/messages/check': 'publish',
  'POST /v1/messages/preview': 'publish',
  'GET /v1/schema/message.json': null,
  'POST /v1/renewals': 'publish',
  'GET /v1/renewals': 'read',
  'POST /v1/renewals/{id}/undo': 'publish',
  'GET /v1/journeys/{key}/entries': 'read',
  'POST /v1/journeys/{key}/entries': 'publish',
  'POST /v1/journeys/{key}/entries/{id}/pause': 'publish',
  'POST /v1/journeys/{key}/entries/{id}/resume': 'publish',
  'GET /v1/control': 'read',
  'POST /v1/control/panic': 'operate',
  'POST /v1/control/resume': 'operate',
  'GET /v1/control/capacity/{name}': 'read',
  'PUT /v1/control/capacity/{name}': 'operate',
  'GET /v1/commands': 'read',
  'GET /v1/keys': 'admin',
  'POST /v1/keys': 'admin',
  'DELETE /v1/keys/{id}': 'admin',
  'GET /v1/deliveries': 'read',
  'GET /v1/audience-removals': 'read',
  'GET /v1/merges': 'read',
  'DELETE /v1/customers/{id}': 'admin',
  'GET /v1/customers/{id}/export': 'admin',
  'GET /v1/schema/export.json': null,
  'GET /v1/erasures': 'admin',
  'GET /v1/erasures/{id}': 'admin',
  'DELETE /v1/tombstones': 'admin',
  'POST /v1/merges/{id}/approve': 'operate',
  'POST /v1/merges/{id}/reject': 'operate',
  'POST /v1/onsite/next': 'ingest',
  'POST /v1/onsite/messages/{id}/{act}': null,
  'POST /v1/feedback/{provider}': null,
  'GET /v1/reports/feedback': 'read',
  'GET /v1/reports/reactions': 'read',
  'GET /v1/quarantine': 'read',
  'POST /v1/quarantine/{id}/retry': 'operate',
  'GET /healthz': null,
  'GET /readyz': null,
}

/** A body that fits, for routes that look for what the path names only after the body. */
const BODIES: Record<string, unknown> = {
  'POST /v1/agent-tasks/{id}/accept': { agent: 'eve' },
  'POST /v1/agent-tasks/{id}/decline': { agent: 'eve' },
  'POST /v1/agent-tasks/{id}/done': { agent: 'eve' },
  'POST /v1/customers/{id}/next': {},
  'PUT /v1/customers/{id}/consents/{purpose}/{channel}': { granted: true, source: 'test' },
  'POST /v1/customers/{id}/consents/{purpose}/{channel}/requests': {
    textVersion: 'news-1',
    source: 'test',
  },
  'POST /v1/customers/{id}/exit': { reason: 'test' },
  'POST /v1/customers/{id}/enter': { journey: 'welcome' },
  'POST /v1/customers/{id}/exclusions': { reason: 'test', source: 'test' },
  'POST /v1/customers/{id}/fast-forward': { by: 'P1D' },
  'POST /v1/journeys/{key}/rollback': { to: 1 },
  'POST /v1/journeys/{key}/migrations': { from: 1, to: 2, steps: {} },
  'POST /v1/journeys/{key}/migrations/{id}/resume': {},
  'POST /v1/lifecycle/rollouts/{version}/resume': {},
  'POST /v1/reports/data-quality/checkpoints/{id}/work': {
    problem: 'not_text',
    trait: 'email',
    minutes: 5,
  },
  'POST /v1/reports/data-quality/checkpoints/{id}/sign-off': {},
  'POST /v1/journeys/{key}/entries/{id}/resume': {},
}

/** The same for a query. */
const QUERIES: Record<string, string> = { 'GET /v1/journeys/{key}/diff': '?from=1&to=2' }

/** Routes that make what their path names. */
const MAKES_IT = new Set([
  'POST /v1/journeys/{key}/versions',
  'PUT /v1/control/capacity/{name}',
  'PUT /v1/audiences/{key}',
  'PUT /v1/messages/{key}',
  'PUT /v1/consent-texts/{version}',
  'PUT /v1/touchpoints/{source}',
])

const guarded = Object.entries(ROUTES).filter(
  (entry): entry is [string, string] => entry[1] !== null,
)
const withBody = guarded
  .map(([call]) => call)
  .filter(
    (call) =>
      /^(POST|PUT)/.test(call) &&
      !/\/(retry|run|close|stop|pause|entries|undo|cancel|approve|reject)$/.test(call),
  )
const withUnknown = guarded
  .map(([call]) => call)
  .filter((call) => call.includes('{') && !MAKES_IT.has(call))
const lists = guarded
  .map(([call]) => call)
  .filter(
    (call) =>
      /^GET .*(?<!rule|reports\/reaction)(s|timeline|quarantine)$/.test(call) &&
      !call.includes('{'),
  )

const filled = (call: string) =>
  call.replace('{version}', '1').replaceAll(/\{\w+\}/g, 'nobody') + (QUERIES[call] ?? '')

describeOnEachDatabase('every route', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db())
  })

  test('is in openapi.json, with its scope and its answers', async () => {
    const answer = await api.request('GET /openapi.json', { key: null })
    const document = (await answer.json()) as OpenApi
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.components.securitySchemes)).toEqual(['bearer', 'basic'])
    const found = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, route]) => [`${method.toUpperCase()} ${path}`, route] as const,
      ),
    )
    expect(
      Object.fromEntries(
        found.map(([call, route]) => [call, route.security[0]?.['bearer']?.[0] ?? null]),
      ),
    ).toEqual(ROUTES)
    for (const [call, route] of found) {
      const statuses = Object.keys(route.responses)
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true)
      expect(route.summary).toBeTruthy()
      const names = (route.parameters ?? []).filter((each) => each.in === 'path')
      expect(names.map((each) => `{${each.name}}`).sort()).toEqual(
        [...call.matchAll(/\{\w+\}/g)].map(String).sort(),
      )
      if (ROUTES[call] !== null)
        expect(statuses).toEqual(expect.arrayContaining(['401', '403', '429', '503']))
      if (withBody.includes(call)) expect(route.requestBody).toBeDefined()
    }
  })

  describe('401', () => {
    test.each(guarded)('%s without a key', async (call) => {
      const body = call.startsWith('GET') ? undefined : {}
      const answer = await api.request(filled(call), { key: null, ...(body && { body }) })
      await expectProblem(answer, 401, 'unauthenticated')
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    })
  })

  describe('403', () => {
    test.each(guarded)('%s with every scope but %s', async (call, scope) => {
      const key = await api.keyWith(...SCOPES.filter((each) => each !== scope))
      const body = call.startsWith('GET') ? undefined : {}
      await expectProblem(
        await api.request(filled(call), { key, ...(body && { body }) }),
        403,
        'forbidden',
      )
    })
  })

  describe('400', () => {
    test.each(withBody)('%s with broken JSON', async (call) => {
      await expectProblem(await api.request(filled(call), { body: '{"a":' }), 400, 'malformed')
    })
    test.each(lists)('%s with a query that does not fit', async (call) => {
      const answer = await api.request(`${call}?limit=1000&colour=red`)
      const { findings } = await expectProblem(answer, 400, 'malformed')
      expect(findings.map(({ code, path }) => [code, path])).toEqual([
        ['invalid_value', '/query/limit'],
        ['unknown_field', '/query/colour'],
      ])
    })
    test.each(lists)('%s with a cursor of somewhere else', async (call) => {
      const answer = await api.request(`${call}?cursor=bm9uc2Vuc2U`)
      const { findings } = await expectProblem(answer, 400, 'malformed')
      expect(findings[0]).toMatchObject({ code: 'invalid_cursor' })
    })
  })

  describe('404', () => {
    test.each(withUnknown)('%s for an unknown id', async (call) => {
      const body = BODIES[call]
      const answer = await api.request(filled(call), body === undefined ? {} : { body })
      await expectProblem(answer, 404, 'not_found')
    })
    test.each(['GET /metrics'])('%s, which is not there yet', async (call) => {
      await expectProblem(await api.request(call), 404, 'not_found')
    })
  })

  describe('413 and 415', () => {
    test.each(withBody)('%s with a body that is too large or no JSON', async (call) => {
      const large = await api.request(filled(call), { body: { a: 'x'.repeat(501 * 1024) } })
      await expectProblem(large, 413, 'too_large')
      const form = await api.request(filled(call), {
        body: 'a=1',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
      await expectProblem(form, 415, 'unsupported_media_type')
    })
  })
})

async function expectProblem(answer: Response, status: number, code: string) {
  const problem = (await answer.json()) as {
    type: string
    status: number
    title: string
    detail: string
    instance: string
    findings: { code: string; path: string; message: string; severity: string }[]
  }
  expect(problem).toMatchObject({ status, type: `/docs/problems.md#${code}` })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(problem.instance).toBe(answer.headers.get('x-request-id'))
  expect(problem.title).toBeTruthy()
  return problem
}
