import { firstKey } from '../api/first-key.ts'
import { runApi } from '../api/run-api.ts'
import { connectEmbedded, connectServer } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createPayloadKeys } from '../db/payload-keys.ts'
import { ensureRuleBook } from '../operations/ensure-rule-book.ts'
import { readConfig, type Config } from '../platform/config.ts'
import { exitWith, StartError } from '../platform/exit-with.ts'
import { findLinkSecret } from '../platform/link-secret.ts'
import { localUrl } from '../platform/local-url.ts'
import { createLog, rotate, type Log } from '../platform/log.ts'
import { payloadCodecOf } from '../platform/payload-codec.ts'
import { findCodecToken } from '../platform/payload-secret.ts'
import { stopOnSignal } from '../platform/stop-on-signal.ts'
import { connectTemporal, temporalUiUrl } from '../platform/temporal.ts'
import { findTombstoneSecret } from '../platform/tombstone-secret.ts'
import { channelSettings } from '../worker/channel-settings.ts'
import { installRuntime } from '../worker/runtime.ts'
import { startWorkerProcess } from '../worker/start-worker-process.ts'
import { customerIdOf } from '../workflows/customer-messages.ts'
import { takeDataFolder, type DataFolder } from './data-folder.ts'
import { startEmbeddedEngine } from './embedded-engine.ts'
import { portIfFree } from './free-port.ts'
import { announceServer } from './running-server.ts'

// `npm start`: everything in this one process, and the engine beside it.

/** What has been started, in order; undone in the opposite one. */
const started = new AsyncDisposableStack()
// The terminal may be gone before we are.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  const config = readConfig()
  await requireFreePort(config)
  const folder = takeDataFolder(config.dataFolder)
  started.defer(folder.release)
  const logFile = folder.file('rumbo.log')
  rotate(logFile)
  const log = createLog({ level: config.logLevel, file: logFile })
  const fail = stopOnSignal(log, () => started.disposeAsync())
  await start(config, folder, log, fail)
} catch (error) {
  // Stopped while starting: what fails then fails because of that.
  if (!started.disposed) {
    await started.disposeAsync()
    exitWith(explained(error))
  }
}

async function start(
  config: Config,
  folder: DataFolder,
  log: Log,
  fail: (reason: unknown) => void,
): Promise<void> {
  installRuntime(log)
  const { db, close } = await openStore(config, folder)
  started.defer(close)
  await migrate(db)
  await ensureRuleBook({ db })
  const { key, isNew } = await firstKey(db, config)

  const linkSecret = findLinkSecret(config)
  const { promise: ownUrl, resolve: knowOwnUrl } = Promise.withResolvers<string>()

  const codecToken = findCodecToken(config)
  const { temporal, uiUrl } = await openEngine(config, folder, log, codecToken)
  const codec = payloadCodecOf(config, {
    keysOf: (secret) => createPayloadKeys(db, secret),
    customerIdOf,
  })
  const client = connectTemporal(temporal, codec)
  started.defer(() => client.connection.close())
  const worker = await startWorkerProcess({
    temporal,
    client,
    codec,
    db,
    log,
    ...channelSettings(config),
    links: {
      secret: linkSecret,
      publicUrl: config.publicUrl,
      ownUrl,
      tracksMails: config.tracksMails,
    },
  })
  started.defer(worker.stop)
  worker.failed.catch(fail)
  // An engine elsewhere may be away: then the API takes events meanwhile.
  if (config.temporal === undefined) await Promise.race([worker.ready, worker.failed])

  const exclusive = config.databaseUrl === undefined
  const api = await runApi({
    config,
    db,
    client,
    log,
    exclusive,
    linkSecret,
    tombstoneSecret: findTombstoneSecret(config),
    codecEndpoint: { codec, token: codecToken },
    temporalUiUrl: uiUrl,
  })
  started.defer(api.stop)
  knowOwnUrl(api.url)
  started.defer(
    announceServer(config.dataFolder, {
      pid: process.pid,
      url: api.url,
      key: key ?? null,
      temporalUiUrl: uiUrl,
      temporalAddress: temporal.address,
      temporalNamespace: temporal.namespace,
    }),
  )
  log.info({ url: api.url }, 'Up')
  printTable([
    ['API', api.url],
    ['API page', `${api.url}/docs`],
    ['Outbox', `${api.url}/outbox`],
    ['Temporal UI', uiUrl],
    ['Log', folder.file('rumbo.log')],
    ['Key', isNew ? `${key} (all scopes; shown this once)` : keptKey(config, key)],
  ])
}

async function openStore({ databaseUrl }: Config, folder: DataFolder) {
  return databaseUrl === undefined
    ? connectEmbedded(folder.file('postgres'))
    : connectServer(databaseUrl)
}

async function openEngine(config: Config, folder: DataFolder, log: Log, codecToken: string) {
  const { temporal, cacheFolder, port } = config
  if (temporal !== undefined)
    return { temporal, uiUrl: config.temporalUiUrl ?? temporalUiUrl(temporal) }
  const engine = await startEmbeddedEngine({
    folder,
    cacheFolder,
    anyPort: port === 0,
    // A port that is free by chance is known only after the engine is up.
    codecUrl: port === 0 ? undefined : `${localUrl(config)}/codec/${codecToken}`,
    log,
  })
  started.defer(engine.stop)
  return engine
}

/** Before anything is started: a port in use is the likeliest thing to be wrong. */
async function requireFreePort({ port, host }: Config): Promise<void> {
  if ((await portIfFree(port, host)) === undefined)
    throw new StartError(
      `Port ${port} on ${host} is in use. Stop what listens there, or set PORT (0 picks a free one).`,
    )
}

function explained(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (
    code === 'EADDRINUSE' ||
    code === 'EACCES' ||
    code === 'EADDRNOTAVAIL' ||
    code === 'ENOTFOUND'
  )
    return new StartError(`The API cannot listen there: ${String(error)}. Set PORT and HOST.`)
  return error
}

function keptKey({ apiKey, dataFolder }: Config, key: string | undefined): string {
  if (apiKey !== undefined) return 'as RUMBO_API_KEY says'
  return key === undefined ? 'not kept here; set RUMBO_API_KEY' : `kept in ${dataFolder}/api-key`
}

function printTable(rows: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length))
  console.log(
    `\nRumbo is up. Ctrl-C ends it.\n\n${rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')}\n`,
  )
}
