import type { Scope } from '../domain/scopes.ts'

/** Who calls: a key by its id, never its secret, and what this request may do with it. */
export interface Caller {
  readonly keyId: string
  readonly scopes: readonly Scope[]
}

/** What middleware leaves for handlers. */
export interface ApiEnv {
  Variables: {
    requestId: string
    arrivedAtMs: number
    caller: Caller
  }
}
