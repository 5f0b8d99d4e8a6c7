import { ruleTitle, type RuleDocumentKind } from '../../domain/rule-documents.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { createRouter } from '../router.ts'
import { rulePublisher, ruleReader, ruleRoutes } from './rule-answers.ts'

/** The documents that stand beside the journeys, each kind under its own path. */
export const ruleDocumentRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .route('/', routesOf(deps, guard, 'contact-policy', 'Contact policy'))
    .route('/', routesOf(deps, guard, 'arbitration', 'Arbitration'))
    .route('/', routesOf(deps, guard, 'identity', 'Identity'))
    .route('/', routesOf(deps, guard, 'tracking-plan', 'Tracking plan'))
    .route('/', routesOf(deps, guard, 'lifecycle', 'Lifecycle'))
    .route('/', routesOf(deps, guard, 'retention', 'Retention'))
    .route('/', routesOf(deps, guard, 'case-rules', 'Cases'))
    .route('/', routesOf(deps, guard, 'fact-rules', 'Facts'))

/** Everything that can be asked of the documents of one kind, and publishing them. */
const routesOf = <const Kind extends RuleDocumentKind>(
  deps: ApiDeps,
  guard: Guard,
  kind: Kind,
  tag: string,
) => {
  const routes = ruleRoutes(guard, { path: `/v1/${kind}`, tag, title: ruleTitle(kind) })
  const read = ruleReader(deps.db, kind)
  const publish = rulePublisher(deps, kind)
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
