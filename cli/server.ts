import { dirname, join, resolve } from 'node:path'
import { createClient, type RumboClient } from '../api/client.ts'
import { findRunningServer, type RunningServer } from '../dev/running-server.ts'
import type { Config } from '../platform/config.ts'
import { Outage, usageFailure } from './failures.ts'

/** Where `npm start` keeps its data when nothing else is said. */
const FOLDER_OF_PROJECT = join(dirname(import.meta.dirname), '.rumbo')

/** The server that a command speaks to. */
export interface Server {
  readonly url: string
  readonly client: RumboClient
}

/**
 * The server that RUMBO_URL names, else the one that says in its data folder that it runs.
 *
 * @throws {CommandFailure} where there is none, or no key for it
 */
export function findServer(
  config: Pick<Config, 'serverUrl' | 'apiKey' | 'dataFolder'>,
  signal: AbortSignal,
): Server {
  const named = config.serverUrl?.replace(/\/+$/, '')
  const known = findKnown(config.dataFolder)
  const url = named ?? known?.url
  if (url === undefined)
    throw new Outage(
      `No server runs on ${config.dataFolder}. Start one with "npm start", or set RUMBO_URL and RUMBO_API_KEY.`,
    )
  const key = config.apiKey ?? (known?.url === url ? known.key : null)
  if (key === null || key === undefined)
    throw usageFailure(`There is no key for the server at ${url}. Set RUMBO_API_KEY to one.`)
  return connectTo({ url, key, signal })
}

/** A server at an address, whose silence is told as what it is. */
export function connectTo({
  url,
  key,
  signal,
  fetch: call = fetch,
}: {
  readonly url: string
  readonly key: string
  /** Ends calls that are under way. */
  readonly signal: AbortSignal
  /** Default: the platform's. */
  readonly fetch?: typeof fetch
}): Server {
  return {
    url,
    client: createClient({
      url,
      key,
      fetch: async (request, init) => {
        try {
          return await call(request, { signal, ...init })
        } catch (error) {
          // A fetch that finds nobody is a TypeError; one that is ended from here is not.
          if (!(error instanceof TypeError)) throw error
          throw new Outage(
            `No server answers at ${url} (${reasonOf(error)}). Start one with "npm start", or set RUMBO_URL and RUMBO_API_KEY.`,
          )
        }
      },
    }),
  }
}

/** In the folder of the settings; where that is the default, also in the project's own, so that any directory will do. */
function findKnown(dataFolder: string): RunningServer | undefined {
  const found = findRunningServer(dataFolder)
  return found === undefined && dataFolder === resolve('.rumbo')
    ? findRunningServer(FOLDER_OF_PROJECT)
    : found
}

function reasonOf({ cause, message }: TypeError): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : message
}
