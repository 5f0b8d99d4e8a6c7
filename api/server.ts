import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { deleteOldClaims } from '../db/idempotency-keys.ts'
import { localUrl } from '../platform/local-url.ts'
import { createApp } from './app.ts'
import type { ApiDeps } from './deps.ts'

/** How long requests that run may still take once the server is asked to stop. */
const GRACE_MS = 10_000
const LOOPBACK = /^(localhost|::1|127(\.\d+){3})$/
const IDLE_CHECK_MS = 50
const CLEAN_EVERY_MS = 60 * 60 * 1000

export interface StartApiDeps extends ApiDeps {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
}

export interface RunningApi {
  readonly url: string
  /** Takes no new requests, lets those that run finish, and ends. What they stored is the acceptor's to flush. */
  readonly stop: () => Promise<void>
}

/**
 * Serves the API. Answers when it listens.
 *
 * @throws {Error} with code `EADDRINUSE` when the port is taken
 */
export async function startApi(deps: StartApiDeps): Promise<RunningApi> {
  const app = createApp({ ...deps, isOpenToNetwork: !LOOPBACK.test(deps.host) })
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  server.listen(deps.port, deps.host)
  await once(server, 'listening')

  const clean = setInterval(() => {
    deleteOldClaims(deps.db).catch((err: unknown) =>
      deps.log.warn({ err }, 'Old idempotency keys could not be dropped'),
    )
  }, CLEAN_EVERY_MS)
  clean.unref()

  const { port } = server.address() as AddressInfo
  return {
    url: localUrl({ host: deps.host, port }),
    stop: async () => {
      clearInterval(clean)
      const closed = once(server, 'close')
      server.close()
      // A connection that was busy just now is idle, not closed, once its answer is out.
      const release = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
      const force = setTimeout(() => server.closeAllConnections(), GRACE_MS)
      await closed
      clearTimeout(force)
      clearInterval(release)
    },
  }
}
