import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Worker as Thread } from 'node:worker_threads'
import type { Client } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { createCallActivities } from '../activities/call-webhook.ts'
import { createDeliveryActivities } from '../activities/deliver-message.ts'
import { startApi } from '../api/server.ts'
import { createChannels } from '../channels/index.ts'
import { createSignedHttp } from '../channels/signed-http.ts'
import { startMailCatcher } from '../channels/mail-catcher.ts'
import { connectEmbedded, connectServer, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createPayloadKeys } from '../db/payload-keys.ts'
import type { Database } from '../db/schema.ts'
import { findTemporal } from '../dev/temporal-binary.ts'
import { startTemporal } from '../dev/temporal-server.ts'
import { createEventAcceptor, type EventAcceptor } from '../operations/accept-events.ts'
import { ensureFirstKey } from '../operations/ensure-first-key.ts'
import { ensureRuleBook } from '../operations/ensure-rule-book.ts'
import { createPublishedRules } from '../operations/published-rules.ts'
import { publishJourney } from '../operations/publish-journey.ts'
import { startResumeStarter } from '../operations/resume-starter.ts'
import { startDispatcher, type RunningDispatcher } from '../operations/start-dispatcher.ts'
import { readConfig } from '../platform/config.ts'
import { createLog } from '../platform/log.ts'
import { createPayloadCodec } from '../platform/payload-codec.ts'
import { checkTemporal, connectTemporal } from '../platform/temporal.ts'
import { bundleWorkflows } from '../worker/bundle.ts'
import { createLinkWriters } from '../worker/link-writer.ts'
import { storeChannels } from '../worker/store-channels.ts'
import { startWorkers } from '../worker/run.ts'
import { customerIdOf, SEARCH_ATTRIBUTES } from '../workflows/customer-messages.ts'
import { BENCH_JOURNEYS } from './journeys.ts'
import { nowMs } from './now.ts'
import { Observer } from './observer.ts'

export const API_KEY = 'bench-key-with-enough-characters'
const LINK_SECRET = 'bench-secret-with-more-than-enough-characters'
export const OBSERVE = fileURLToPath(new URL('observe-interceptor.ts', import.meta.url))

/** A whole Rumbo in this process as `npm start` runs it, over an engine and a store of its own. */
export interface System {
  readonly url: string
  readonly db: Kysely<Database>
  readonly client: Client
  readonly connection: NativeConnection
  readonly acceptor: EventAcceptor
  readonly observer: Observer
  /** The thread that runs the actors; undefined where it could not be told from others. */
  readonly actorThread: Thread | undefined
  /** Called with every mail that has been handed over. */
  readonly onMail: Set<(to: string, atMs: number) => void>
  /** Starts bringing events to the actors; nothing does so before. */
  readonly dispatch: () => Promise<RunningDispatcher>
  readonly store: string
}

/** Starts it, with what resumes stopped sends where that is asked for; `resources` undoes that, in reverse order. */
export async function startSystem(
  {
    databaseUrl,
    encrypts = false,
    resumes = false,
    folder: kept,
  }: {
    databaseUrl: string | undefined
    encrypts?: boolean
    resumes?: boolean
    /** Where the stores are kept, laid out as by `npm start`. Default: a folder that goes with it. */
    folder?: string
  },
  resources: AsyncDisposableStack,
): Promise<System> {
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'rumbo-bench-'))
  if (kept === undefined) resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'temporal'))
  const engine = await startTemporal({
    binary: await findTemporal(readConfig().cacheFolder),
    dbFile: join(folder, 'temporal', 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    searchAttributes: SEARCH_ATTRIBUTES,
  })
  resources.defer(engine.stop)
  const { db, close } = await openStore(databaseUrl, folder)
  resources.defer(close)
  const store = await describeStore(db, databaseUrl)
  await migrate(db)
  await ensureRuleBook({ db })
  await ensureFirstKey({ db, fixedKey: API_KEY })
  for (const definition of BENCH_JOURNEYS)
    await publishJourney({ db, nowMs: Date.now }, { keyId: null, definition, note: null })

  const log = createLog({ level: 'warn' })
  const namespace = 'default'
  const { address } = engine
  const keys = createPayloadKeys(db, LINK_SECRET)
  const codec = createPayloadCodec(keys, { encrypts, customerIdOf })
  const client = connectTemporal({ address, namespace }, codec)
  resources.defer(() => client.connection.close())
  const connection = await NativeConnection.connect({ address })
  resources.defer(() => connection.close())

  const onMail: System['onMail'] = new Set()
  const catcher = await startMailCatcher({
    store: async ({ to }) => {
      const atMs = nowMs()
      for (const listener of onMail) listener(to[0] ?? '', atMs)
    },
  })
  resources.defer(catcher.stop)
  const webhook = { secret: Buffer.alloc(32, 7).toString('base64') }
  const channels = createChannels({
    ...storeChannels(db, { secret: webhook.secret, hasPages: false }),
    email: { smtpUrl: catcher.smtpUrl },
    webhook,
  })
  resources.defer(() => channels.email.close())
  const observer = new Observer()
  const threads: Thread[] = []
  const notice = (thread: Thread): void => void threads.push(thread)
  process.on('worker', notice)
  const workers = await startWorkers({
    connection,
    namespace,
    db,
    codec,
    channels,
    deliveries: createDeliveryActivities({
      db,
      channels,
      ...createLinkWriters({
        secret: LINK_SECRET,
        publicUrl: undefined,
        ownUrl: 'http://127.0.0.1:1',
      }),
      now: Date.now,
    }),
    calls: createCallActivities({ db, http: createSignedHttp(webhook), now: Date.now }),
    workflowBundle: await bundleWorkflows([OBSERVE]),
    sinks: observer.sinks,
  })
  process.off('worker', notice)
  resources.defer(workers.stop)

  const rules = createPublishedRules()
  let dispatcher: RunningDispatcher | undefined
  const onPending = (customerIds: string[]): void => dispatcher?.wake(customerIds)
  const acceptor = createEventAcceptor({ db, rules, now: Date.now, onPending })
  const onError = (err: unknown): void => log.warn({ err }, 'What runs beside the actors failed')
  const starter = resumes ? startResumeStarter({ db, client, onError }) : undefined
  resources.defer(async () => starter?.stop())
  const api = await startApi({
    db,
    rules,
    acceptor,
    log,
    onPending,
    onMigration: () => {},
    onResume: (resumeId) => starter?.wake(resumeId),
    onRollout: () => {},
    onEntry: () => {},
    onRetention: () => {},
    onJob: () => {},
    now: Date.now,
    client: () => client,
    checkEngine: () => checkTemporal(client, 2_000),
    timeTravel: true,
    linkSecret: LINK_SECRET,
    tombstoneSecret: LINK_SECRET,
    encryptsPayloads: encrypts,
    temporalUi: { url: 'http://127.0.0.1:1', namespace },
    host: '127.0.0.1',
    port: 0,
  })
  resources.defer(async () => {
    await api.stop()
    await acceptor.flush()
  })
  // Where a run is cut short somebody may still be dispatching.
  resources.defer(async () => dispatcher?.stop())
  return {
    url: api.url,
    db,
    client,
    connection,
    acceptor,
    observer,
    actorThread: threads.length === 1 ? threads[0] : undefined,
    onMail,
    store,
    dispatch: async () => {
      const started = await startDispatcher({ db, rules, client, onError, exclusive: true })
      dispatcher = started
      return {
        wake: started.wake,
        stop: async () => {
          dispatcher = undefined
          await started.stop()
        },
      }
    },
  }
}

/** PGlite in the folder, or a new database on the server, gone with its last connection. */
async function openStore(databaseUrl: string | undefined, folder: string): Promise<DatabaseHandle> {
  if (databaseUrl === undefined) return connectEmbedded(join(folder, 'postgres'))
  const name = `rumbo_bench_${randomUUID().replaceAll('-', '')}`
  const admin = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: databaseUrl, max: 1 }) }),
  })
  await sql`create database ${sql.id(name)}`.execute(admin)
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  const { db, close } = connectServer(url.href)
  return {
    db,
    close: async () => {
      await close()
      await sql`drop database if exists ${sql.id(name)} with (force)`.execute(admin)
      await admin.destroy()
    },
  }
}

async function describeStore(
  db: Kysely<Database>,
  databaseUrl: string | undefined,
): Promise<string> {
  const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db)
  const version = rows[0]?.server_version ?? '?'
  return databaseUrl === undefined ? `PGlite (PostgreSQL ${version})` : `PostgreSQL ${version}`
}
