import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client'
import type { PayloadCodec } from '@temporalio/common'
import { endWithConnection } from './end-with-connection.ts'

/** Longest pause between two tries to reach an engine that is away. */
const RECONNECT_MS_MAX = 1_000
/** Tries of one call, about a second in all: whoever waits for it would rather hear that the engine is away. */
const CALL_TRIES_MAX = 5

/** gRPC codes that mean something below. */
const NOT_FOUND = 5
const ALREADY_EXISTS = 6

/** An engine and how to speak to it. Fits the client's and the worker's connection alike. */
export interface TemporalTarget extends Pick<ConnectionOptions, 'tls' | 'metadata'> {
  readonly address: string
  readonly namespace: string
  readonly apiKey?: string
}

/** What a search attribute can be, in the words of the engine's API. */
export type SearchAttributeKind =
  | 'KEYWORD'
  | 'KEYWORD_LIST'
  | 'BOOL'
  | 'DATETIME'
  | 'INT'
  | 'DOUBLE'

const KIND_CODES = { KEYWORD: 2, INT: 3, DOUBLE: 4, BOOL: 5, DATETIME: 6, KEYWORD_LIST: 7 } as const

/**
 * A client of the engine. Connects with the first call, not here: an engine that is away fails
 * calls, never the start, and is found again by itself.
 */
export function connectTemporal(target: TemporalTarget, codec?: PayloadCodec): Client {
  const { namespace, ...options } = target
  const connection = Connection.lazy({
    ...options,
    interceptors: [
      makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: CALL_TRIES_MAX })),
      endWithConnection,
    ],
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': RECONNECT_MS_MAX,
    },
  })
  return new Client({
    connection,
    namespace,
    ...(codec === undefined ? {} : { dataConverter: { payloadCodecs: [codec] } }),
  })
}

/** Where the engine's web UI is by convention: Temporal Cloud's, else a thousand ports further on. */
export function temporalUiUrl({ address }: Pick<TemporalTarget, 'address'>): string {
  if (/\.(tmprl\.cloud|temporal\.io)(:\d+)?$/.test(address)) return 'https://cloud.temporal.io'
  const [, host, port = '7233'] = /^(.*?)(?::(\d+))?$/.exec(address) ?? []
  return `http://${host}:${Number(port) + 1000}`
}

/**
 * Resolves when the engine answers within `timeoutMs` and has the client's namespace.
 *
 * @throws {Error} saying what is missing
 */
export async function checkTemporal(client: Client, timeoutMs: number): Promise<void> {
  const namespace = client.options.namespace
  try {
    await client.withDeadline(Date.now() + timeoutMs, () =>
      client.workflowService.describeNamespace({ namespace }),
    )
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error
    throw new Error(
      error.code === NOT_FOUND
        ? `The engine has no namespace ${namespace}.`
        : `The engine does not answer: ${error.details || error.message}.`,
      { cause: error },
    )
  }
}

/**
 * Creates the search attributes that the namespace lacks. Several processes may do so at once.
 *
 * @throws {Error} where one exists with another kind: views and queries would lie
 */
export async function ensureSearchAttributes(
  client: Client,
  wanted: Readonly<Record<string, SearchAttributeKind>>,
): Promise<void> {
  const namespace = client.options.namespace
  const operator = client.connection.operatorService
  const { customAttributes } = await operator.listSearchAttributes({ namespace })
  const missing = Object.entries(wanted).filter(([name]) => customAttributes[name] === undefined)
  const wrong = Object.entries(wanted).filter(
    ([name, kind]) =>
      customAttributes[name] !== undefined && customAttributes[name] !== KIND_CODES[kind],
  )
  if (wrong.length > 0)
    throw new Error(
      `The search attributes ${wrong.map(([name, kind]) => `${name} (wanted: ${kind})`).join(', ')} exist in the namespace ${namespace} with another type. Remove them there, or use another namespace.`,
    )
  if (missing.length === 0) return
  const searchAttributes = Object.fromEntries(
    missing.map(([name, kind]) => [name, KIND_CODES[kind]]),
  )
  try {
    await operator.addSearchAttributes({ namespace, searchAttributes })
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code !== ALREADY_EXISTS) throw error
  }
}
