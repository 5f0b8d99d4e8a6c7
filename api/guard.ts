import type { MiddlewareHandler } from 'hono'
import type { JsonValue } from '../domain/json.ts'
import type { Scope } from '../domain/scopes.ts'
import type { ApiDeps } from './deps.ts'
import type { ApiEnv } from './env.ts'
import { createKeyRing } from './key-ring.ts'
import { authenticate, authenticateIngest } from './middleware/authenticate.ts'
import { idempotent } from './middleware/idempotency.ts'
import { limitBody } from './middleware/limit-body.ts'
import { limitRate } from './middleware/limit-rate.ts'
import { requireJson } from './middleware/require-json.ts'

/** What stands before a handler, and what `openapi.json` says about it. Spread into a route. */
interface Guarded {
  readonly security: Record<string, string[]>[]
  readonly middleware: MiddlewareHandler<ApiEnv>[]
}

export interface Guard {
  /** A route that changes nothing. */
  readonly read: (scope: Scope) => Guarded
  /** A route that takes a body and changes nothing. */
  readonly ask: (scope: Scope) => Guarded
  /** A route that changes something. `toKeep` takes out of its answer what must not be stored. */
  readonly command: (scope: Scope, toKeep?: (body: JsonValue) => JsonValue) => Guarded
  /** A command without a body. */
  readonly bareCommand: (scope: Scope) => Guarded
  readonly ingest: () => Guarded
  /** A page for people, which is not in `openapi.json`. */
  readonly page: MiddlewareHandler<ApiEnv>
  /** Makes a key that was made or ended here count at once. */
  readonly forgetKeys: () => void
}

/** One guard for all routes of an app: they share what is known of keys and how much each has used. */
export function createGuard(deps: ApiDeps): Guard {
  const keys = createKeyRing(deps)
  const rate = limitRate(deps)
  const guarded = (scope: Scope, ...middleware: MiddlewareHandler<ApiEnv>[]): Guarded => ({
    security: [{ bearer: [scope] }, { basic: [scope] }],
    middleware,
  })
  const admit = (scope: Scope) => [authenticate(keys, scope), rate]
  return {
    read: (scope) => guarded(scope, ...admit(scope)),
    ask: (scope) => guarded(scope, ...admit(scope), limitBody, requireJson),
    command: (scope, toKeep) =>
      guarded(scope, ...admit(scope), limitBody, requireJson, idempotent(deps, toKeep)),
    bareCommand: (scope) => guarded(scope, ...admit(scope), limitBody, idempotent(deps)),
    ingest: () => guarded('ingest', limitBody, authenticateIngest(keys), rate, requireJson),
    page: authenticate(keys, 'read'),
    forgetKeys: keys.forget,
  }
}
