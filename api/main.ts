import { connectServer } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createPayloadKeys } from '../db/payload-keys.ts'
import { ensureRuleBook } from '../operations/ensure-rule-book.ts'
import { readConfig, requireServers } from '../platform/config.ts'
import { exitWith } from '../platform/exit-with.ts'
import { findLinkSecret } from '../platform/link-secret.ts'
import { createLog } from '../platform/log.ts'
import { payloadCodecOf } from '../platform/payload-codec.ts'
import { stopOnSignal } from '../platform/stop-on-signal.ts'
import { connectTemporal, temporalUiUrl } from '../platform/temporal.ts'
import { findTombstoneSecret } from '../platform/tombstone-secret.ts'
import { customerIdOf } from '../workflows/customer-messages.ts'
import { firstKey } from './first-key.ts'
import { runApi } from './run-api.ts'

// An API process, of which there may be several, over a PostgreSQL server and an engine elsewhere.
try {
  const config = readConfig()
  const { databaseUrl, temporal } = requireServers(config)
  const log = createLog({ level: config.logLevel })
  const store = connectServer(databaseUrl)
  await migrate(store.db)
  await ensureRuleBook(store)
  const { key, isNew } = await firstKey(store.db, config)
  const codec = payloadCodecOf(config, {
    keysOf: (secret) => createPayloadKeys(store.db, secret),
    customerIdOf,
  })
  const client = connectTemporal(temporal, codec)
  const api = await runApi({
    config,
    log,
    client,
    db: store.db,
    linkSecret: findLinkSecret(config),
    tombstoneSecret: findTombstoneSecret(config),
    codecEndpoint:
      config.codecToken === undefined ? undefined : { codec, token: config.codecToken },
    temporalUiUrl: config.temporalUiUrl ?? temporalUiUrl(temporal),
    exclusive: false,
  })
  stopOnSignal(log, async () => {
    await api.stop()
    await client.connection.close()
    await store.close()
  })
  log.info({ url: api.url }, 'API is up')
  if (isNew) process.stdout.write(`The first key, with all scopes, shown this once: ${key}\n`)
} catch (error) {
  exitWith(error)
}
