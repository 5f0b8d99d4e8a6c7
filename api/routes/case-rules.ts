import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { createRouter } from '../router.ts'
import { rulePublisher, ruleReader, ruleRoutes } from './rule-answers.ts'

/** What service cases are about, and which is answered first. */
export const caseRuleRoutes = (deps: ApiDeps, guard: Guard) => {
  const routes = ruleRoutes(guard, {
    path: '/v1/case-rules',
    tag: 'Cases',
    title: 'the case rules',
  })
  const read = ruleReader(deps.db, 'case-rules')
  const publish = rulePublisher(deps, 'case-rules')
  return createRouter()
    .openapi(routes.current, async (c) => c.json(await read.current(), 200))
    .openapi(routes.publish, async (c) => {
      const { isNew, answer } = await publish({
        document: c.req.valid('json'),
        query: c.req.valid('query'),
        caller: c.get('caller'),
        requestedAtMs: c.get('arrivedAtMs'),
      })
      return isNew ? c.json(answer, 201) : c.json(answer, 200)
    })
    .openapi(routes.check, async (c) => c.json(await read.check(c.req.valid('json')), 200))
    .openapi(routes.versions, async (c) => c.json(await read.versions(c.req.valid('query')), 200))
    .openapi(routes.version, async (c) =>
      c.json(await read.version(c.req.valid('param').version), 200),
    )
    .openapi(routes.diff, async (c) => c.json(await read.diff(c.req.valid('query')), 200))
}
