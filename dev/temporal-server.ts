import { closeSync, existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLogFile } from '../platform/log.ts'
import { checkTemporal, connectTemporal, type SearchAttributeKind } from '../platform/temporal.ts'
import { freePort, portIfFree } from './free-port.ts'
import { spawnWithParent } from './spawn-with-parent.ts'
import type { TemporalBinary } from './temporal-binary.ts'
import { timeSkippingSwitch } from './temporal-version.ts'

const HOST = '127.0.0.1'
const READY_MS_MAX = 30_000
const PROBE_MS_MAX = 1_000
const PROBE_EVERY_MS = 100
const LOG_LINES_SHOWN = 5

/** The engine's own limits are for shared clusters; on one machine the machine is the limit. */
const DYNAMIC_SETTINGS = {
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'matching.enableFairness': true,
  'frontend.namespaceRPS': 20_000,
  'frontend.rps': 20_000,
  'history.rps': 20_000,
  'matching.rps': 20_000,
  'frontend.namespaceCount': 10_000,
  'frontend.namespaceRPS.visibility': 500,
  'history.hostLevelCacheMaxSize': 50_000,
  // A history is deleted once its end has been noted everywhere, which is told this often; by default twice a minute.
  'history.transferProcessorUpdateAckInterval': '"1s"',
  'history.visibilityProcessorUpdateAckInterval': '"1s"',
}

const KIND_NAMES = {
  KEYWORD: 'Keyword',
  KEYWORD_LIST: 'KeywordList',
  BOOL: 'Bool',
  DATETIME: 'Datetime',
  INT: 'Int',
  DOUBLE: 'Double',
} as const satisfies Record<SearchAttributeKind, string>

export interface TemporalServerOptions {
  readonly binary: TemporalBinary
  /** Kept across starts; undefined: in memory. */
  readonly dbFile?: string
  /** Undefined: a free one. */
  readonly port?: number
  /** Undefined: no web UI. */
  readonly uiPort?: number
  /** Where the web UI has payloads decoded. */
  readonly codecUrl?: string
  readonly logFile: string
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeKind>>
}

/** A dev server that answers. It ends when this process does, however that ends. */
export interface TemporalServer {
  readonly address: string
  readonly uiUrl: string | undefined
  /** Resolves when the server is gone, asked to or not. */
  readonly ended: Promise<number>
  readonly stop: () => Promise<void>
}

/**
 * Starts the Temporal dev server and waits until it answers.
 *
 * @throws {Error} with the end of its log, where it does not come up
 */
export async function startTemporal(options: TemporalServerOptions): Promise<TemporalServer> {
  const port = options.port ?? (await freePort())
  const address = `${HOST}:${port}`
  // Else a server of somebody else would answer for ours.
  if ((await portIfFree(port, HOST)) === undefined)
    throw new Error(`Port ${port}, meant for the Temporal dev server, is in use.`)
  const output = openLogFile(options.logFile)
  const server = spawnWithParent(options.binary.path, startArguments(options, port), { output })
  closeSync(output)
  if (!(await isReady(address, server.ended))) {
    await server.stop()
    throw new Error(
      `The Temporal dev server did not come up on ${address}. The end of ${options.logFile}:\n${endOf(options.logFile)}`,
    )
  }
  return {
    address,
    uiUrl: options.uiPort === undefined ? undefined : `http://${HOST}:${options.uiPort}`,
    ended: server.ended,
    stop: server.stop,
  }
}

function startArguments(options: TemporalServerOptions, port: number): string[] {
  const { binary, dbFile, uiPort, codecUrl, searchAttributes = {} } = options
  const dynamic = { ...DYNAMIC_SETTINGS, [timeSkippingSwitch(binary.version)]: true }
  const flag = (name: string, value: string | number) => [`--${name}`, String(value)]
  return [
    'server',
    'start-dev',
    ...flag('ip', HOST),
    ...flag('port', port),
    ...flag('log-level', 'warn'),
    ...(uiPort === undefined
      ? ['--headless']
      : [...flag('ui-port', uiPort), '--ui-disable-news-fetch']),
    ...(codecUrl === undefined || uiPort === undefined ? [] : flag('ui-codec-endpoint', codecUrl)),
    ...(dbFile === undefined
      ? []
      : [
          ...flag('db-filename', dbFile),
          ...flag('sqlite-pragma', 'journal_mode=WAL'),
          ...flag('sqlite-pragma', 'synchronous=NORMAL'),
          // What is deleted is overwritten, not only forgotten.
          ...flag('sqlite-pragma', 'secure_delete=ON'),
        ]),
    ...Object.entries(searchAttributes).flatMap(([name, kind]) =>
      flag('search-attribute', `${name}=${KIND_NAMES[kind]}`),
    ),
    ...Object.entries(dynamic).flatMap(([key, value]) =>
      flag('dynamic-config-value', `${key}=${value}`),
    ),
  ]
}

async function isReady(address: string, ended: Promise<number>): Promise<boolean> {
  const client = connectTemporal({ address, namespace: 'default' })
  let hasEnded = false
  void ended.then(() => (hasEnded = true))
  try {
    const deadline = performance.now() + READY_MS_MAX
    while (!hasEnded && performance.now() < deadline) {
      try {
        await checkTemporal(client, PROBE_MS_MAX)
        return true
      } catch {
        await sleep(PROBE_EVERY_MS) // not yet; why it never came is in its own log
      }
    }
    return false
  } finally {
    await client.connection.close()
  }
}

function endOf(file: string): string {
  if (!existsSync(file)) return '(empty)'
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n')
}
