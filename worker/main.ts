import { connectServer } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createPayloadKeys } from '../db/payload-keys.ts'
import { readConfig, requireServers } from '../platform/config.ts'
import { exitWith } from '../platform/exit-with.ts'
import { findLinkSecret } from '../platform/link-secret.ts'
import { localUrl } from '../platform/local-url.ts'
import { createLog } from '../platform/log.ts'
import { payloadCodecOf } from '../platform/payload-codec.ts'
import { stopOnSignal } from '../platform/stop-on-signal.ts'
import { connectTemporal } from '../platform/temporal.ts'
import { customerIdOf } from '../workflows/customer-messages.ts'
import { channelSettings } from './channel-settings.ts'
import { installRuntime } from './runtime.ts'
import { startWorkerProcess } from './start-worker-process.ts'

// A worker process, of which there may be several, over a PostgreSQL server and an engine elsewhere.
try {
  const config = readConfig()
  const { databaseUrl, temporal } = requireServers(config)
  const log = createLog({ level: config.logLevel })
  installRuntime(log)
  const store = connectServer(databaseUrl)
  await migrate(store.db)
  const codec = payloadCodecOf(config, {
    keysOf: (secret) => createPayloadKeys(store.db, secret),
    customerIdOf,
  })
  const client = connectTemporal(temporal, codec)
  const worker = await startWorkerProcess({
    temporal,
    client,
    log,
    db: store.db,
    codec,
    ...channelSettings(config),
    links: {
      secret: findLinkSecret(config),
      publicUrl: config.publicUrl,
      ownUrl: localUrl(config),
      tracksMails: config.tracksMails,
    },
  })
  const fail = stopOnSignal(log, async () => {
    await worker.stop()
    await client.connection.close()
    await store.close()
  })
  worker.failed.catch(fail)
} catch (error) {
  exitWith(error)
}
