import { hc } from 'hono/client'
import type { App } from './app.ts'

/** Every call of the HTTP API with its types, which are those of the routes themselves. */
export type RumboClient = ReturnType<typeof hc<App>>

export interface ClientOptions {
  /** Without a slash at the end. */
  readonly url: string
  readonly key: string
  /** Default: the platform's. */
  readonly fetch?: typeof fetch
}

/**
 * A typed client: `createClient({ url, key }).v1.journeys.$get({ query: {} })` calls
 * `GET /v1/journeys`. Made from the type of the app that also generates `openapi.json`, so a call that the server does not know, or an answer read
 * wrongly, does not compile. Answers are responses: their `status` tells which of the documented bodies `json()` gives.
 */
export function createClient({ url, key, fetch }: ClientOptions): RumboClient {
  return hc<App>(url, {
    headers: { authorization: `Bearer ${key}` },
    ...(fetch === undefined ? {} : { fetch }),
  })
}
