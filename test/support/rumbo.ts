import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { NativeConnection, type WorkflowBundleOption } from '@temporalio/worker'
import type { Kysely } from 'kysely'
import { inject } from 'vitest'
import { createCallActivities } from '../../activities/call-webhook.ts'
import { createDeliveryActivities } from '../../activities/deliver-message.ts'
import { startFeedbackServer } from '../../api/feedback/start-feedback-server.ts'
import { startApi } from '../../api/server.ts'
import { createChannels } from '../../channels/index.ts'
import { startMailCatcher } from '../../channels/mail-catcher.ts'
import { createSignedHttp } from '../../channels/signed-http.ts'
import type { TemporalServer } from '../../dev/temporal-server.ts'
import type { DatabaseHandle } from '../../db/connect.ts'
import { migrate } from '../../db/migrate.ts'
import { insertOutboxMail } from '../../db/outbox.ts'
import { createPayloadKeys } from '../../db/payload-keys.ts'
import { insertFirstRuleBook } from '../../db/rule-books.ts'
import type { Database } from '../../db/schema.ts'
import type { DeliveryRequest } from '../../domain/actor/effects.ts'
import type { LifecycleRules } from '../../domain/customers/lifecycle-rules.ts'
import { compileRuleBook } from '../../domain/journeys/compile-rule-book.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import type { JsonObject } from '../../domain/json.ts'
import { createEventAcceptor } from '../../operations/accept-events.ts'
import { contentHash } from '../../operations/content-hash.ts'
import { ensureFirstKey } from '../../operations/ensure-first-key.ts'
import { ensureRuleBook } from '../../operations/ensure-rule-book.ts'
import { startEraser } from '../../operations/eraser.ts'
import { startEntryScheduler } from '../../operations/entry-scheduler.ts'
import { startWatchScheduler } from '../../operations/watch-scheduler.ts'
import { startEntryStarter } from '../../operations/entry-starter.ts'
import { startJobStarter } from '../../operations/job-starter.ts'
import { createPublishedRules } from '../../operations/published-rules.ts'
import { startMigrationStarter } from '../../operations/migration-starter.ts'
import { startOnsiteExpiry } from '../../operations/receive-onsite.ts'
import { startReleaser } from '../../operations/release-waiting.ts'
import { startResumeStarter } from '../../operations/resume-starter.ts'
import { startRetentionScheduler } from '../../operations/retention-scheduler.ts'
import { startRolloutStarter } from '../../operations/rollout-starter.ts'
import { startThrottler } from '../../operations/throttler.ts'
import { startDispatcher } from '../../operations/start-dispatcher.ts'
import { createPayloadCodec } from '../../platform/payload-codec.ts'
import { connectTemporal, ensureSearchAttributes } from '../../platform/temporal.ts'
import { startAudienceRemover } from '../../worker/audience-remover.ts'
import { createLinkWriters } from '../../worker/link-writer.ts'
import { storeChannels } from '../../worker/store-channels.ts'
import { startWorkers, type RunningWorkers } from '../../worker/run.ts'
import { customerIdOf, SEARCH_ATTRIBUTES } from '../../workflows/customer-messages.ts'
import { startTestEngine } from './engine.ts'
import { LINK_SECRET, TOMBSTONE_SECRET } from './link-secret.ts'
import { processLog } from './process-log.ts'

const KEY = 'test-key-with-enough-characters'
export const PAYLOAD_SECRET = 'only for tests, and long enough for them'
export const CODEC_TOKEN = 'token-of-tests-that-is-long-enough'

/** A whole Rumbo in this process, with an engine and a database of its own. */
export interface TestRumbo {
  readonly url: string
  /** With all scopes. */
  readonly key: string
  readonly db: Kysely<Database>
  readonly client: Client
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ status: number; body: JsonObject }>
  readonly publish: (...journeys: Journey[]) => Promise<void>
  readonly track: (
    userId: string,
    event: string,
    properties?: JsonObject,
    more?: JsonObject,
  ) => Promise<JsonObject>
  readonly stopWorkers: () => Promise<void>
  readonly startWorkers: () => Promise<void>
  /** Where mail to `bounceDomain` is taken. */
  readonly feedbackPort: number | undefined
  /** What this process has logged so far. */
  readonly readLog: () => string
  readonly stop: () => Promise<void>
}

export interface TestRumboOptions {
  /** An SMTP server of the test's own. Default: the catcher, which keeps mails in the outbox. */
  readonly smtpUrl?: string
  /** Mails are followed, and word of them comes to this domain. Default: neither. */
  readonly bounceDomain?: string
  /** Pages that show messages. Default: none. */
  readonly onsiteOrigins?: readonly string[]
  /** One that the test starts, and may kill. Default: one of its own. */
  readonly engine?: TemporalServer
  /** In force from the start. Default: the documented thresholds. */
  readonly lifecycle?: LifecycleRules
  /** Outside a test run, where none was made for all files. */
  readonly workflowBundle?: WorkflowBundleOption
  /** Encrypts what the engine stores of customers. Default: no. */
  readonly encrypts?: boolean
  /** Waited for by the worker at the beginning of every try of a send. */
  readonly beforeSend?: (request: DeliveryRequest) => Promise<void>
  /** The database as the worker's activities see it: a test may let them fail where it wants. */
  readonly workerDb?: (db: Kysely<Database>) => Kysely<Database>
}

/** Starts one that answers and works; `stop` takes the database with it. */
export async function startTestRumbo(
  database: DatabaseHandle,
  {
    smtpUrl,
    bounceDomain,
    onsiteOrigins = [],
    lifecycle,
    beforeSend = async () => {},
    workerDb = (same) => same,
    workflowBundle,
    engine: given,
    encrypts = false,
  }: TestRumboOptions = {},
): Promise<TestRumbo> {
  const { db } = database
  const { log, read: readLog } = processLog()
  const engine = given ?? (await startTestEngine())
  const { address } = engine
  const namespace = 'default'
  const codec = createPayloadCodec(createPayloadKeys(db, PAYLOAD_SECRET), {
    encrypts,
    customerIdOf,
  })
  const client = connectTemporal({ address, namespace }, codec)
  await ensureSearchAttributes(client, SEARCH_ATTRIBUTES)
  await migrate(db)
  if (lifecycle !== undefined) await putFirstBook(db, lifecycle)
  await ensureRuleBook({ db })
  await ensureFirstKey({ db, fixedKey: KEY })
  const rules = createPublishedRules()
  const onError = (err: unknown): void => log.error({ err }, 'dispatch')
  const dispatcher = await startDispatcher({ db, rules, client, onError, exclusive: true })
  const migrations = startMigrationStarter({ db, client, onError })
  const jobs = startJobStarter({ db, client, onError })
  const onPending = (customerIds: string[]): void => dispatcher.wake(customerIds)
  const resumes = startResumeStarter({ db, client, onError })
  const rollouts = startRolloutStarter({ db, client, onError })
  const entries = startEntryStarter({ db, client, onError })
  const entrySchedules = startEntryScheduler({ db, client, onError, everyMs: 500 })
  const watches = startWatchScheduler({ db, client, onError, everyMs: 500 })
  const retention = startRetentionScheduler({ db, client, onError })
  const releaser = startReleaser({ db, rules, now: Date.now, onPending, onError })
  const onsiteExpiry = startOnsiteExpiry({ db, rules, now: Date.now, onPending, onError })
  const throttler = startThrottler({ db, client, onError, onRefused: onError })
  const acceptor = createEventAcceptor({
    db,
    now: Date.now,
    onPending,
    rules,
    tombstoneSecret: TOMBSTONE_SECRET,
  })
  const eraser = startEraser({ db, client: () => client, now: Date.now, onError, everyMs: 500 })
  const catcher = await startMailCatcher({ store: (mail) => insertOutboxMail(db, mail) })
  const webhook = { secret: Buffer.alloc(32, 7).toString('base64') }
  const outbox = createChannels({
    ...storeChannels(db, { secret: webhook.secret, hasPages: true }),
    email: { smtpUrl: catcher.smtpUrl },
    webhook,
  })
  const returns =
    bounceDomain === undefined ? undefined : { secret: LINK_SECRET, domain: bounceDomain }
  const channels =
    smtpUrl === undefined
      ? outbox
      : createChannels({
          ...storeChannels(db, { secret: webhook.secret, hasPages: true }),
          email: { smtpUrl, returns },
          webhook,
        })
  const feedback =
    returns &&
    (await startFeedbackServer({
      db,
      rules,
      now: Date.now,
      onPending,
      log,
      returns,
      host: '127.0.0.1',
      port: 0,
    }))
  const connection = await NativeConnection.connect({ address })
  const { promise: ownUrl, resolve: knowOwnUrl } = Promise.withResolvers<string>()
  const sends = createDeliveryActivities({
    db,
    channels,
    outbox,
    ...createLinkWriters({
      secret: LINK_SECRET,
      publicUrl: undefined,
      ownUrl,
      tracksMails: returns !== undefined,
    }),
    now: Date.now,
  })
  const http = createSignedHttp(webhook)
  const remover = startAudienceRemover({ db, http, onError, onRefused: onError, everyMs: 200 })
  const calls = createCallActivities({ db, http, now: Date.now })
  let workers: RunningWorkers | undefined
  const start = async (): Promise<void> => {
    workers = await startWorkers({
      connection,
      namespace,
      db: workerDb(db),
      codec,
      channels,
      calls,
      deliveries: {
        deliverMessage: async (input) => {
          await beforeSend(input.request)
          return sends.deliverMessage(input)
        },
      },
      workflowBundle: workflowBundle ?? { codePath: inject('workflowBundlePath') },
    })
  }
  await start()
  const api = await startApi({
    db,
    log,
    rules,
    acceptor,
    onPending,
    onMigration: migrations.wake,
    onResume: resumes.wake,
    onRollout: rollouts.wake,
    onEntry: entries.wake,
    onRetention: retention.wake,
    onJob: jobs.wake,
    now: Date.now,
    client: () => client,
    timeTravel: true,
    checkEngine: async () => {},
    linkSecret: LINK_SECRET,
    onsiteOrigins,
    tombstoneSecret: TOMBSTONE_SECRET,
    encryptsPayloads: encrypts,
    codecEndpoint: { codec, token: CODEC_TOKEN },
    temporalUi: { url: 'http://127.0.0.1:1', namespace },
    host: '127.0.0.1',
    port: 0,
  })
  knowOwnUrl(api.url)
  const call: TestRumbo['call'] = async (method, path, body) => {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return {
      status: response.status,
      body: (await response.json().catch(() => ({}))) as JsonObject,
    }
  }
  return {
    url: api.url,
    key: KEY,
    db,
    client,
    call,
    readLog,
    feedbackPort: feedback?.port,
    publish: async (...journeys) => {
      for (const journey of journeys) {
        const answer = await call('POST', `/v1/journeys/${journey.key}/versions`, journey)
        if (answer.status >= 300) throw new Error(JSON.stringify(answer.body))
      }
    },
    track: async (userId, event, properties = {}, more = {}) => {
      const answer = await call('POST', '/v1/track', {
        userId,
        event,
        properties,
        messageId: randomUUID(),
        ...more,
      })
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
      return answer.body
    },
    startWorkers: start,
    stopWorkers: async () => {
      await workers?.stop()
      workers = undefined
    },
    stop: async () => {
      await feedback?.stop()
      await api.stop()
      await acceptor.flush()
      await migrations.stop()
      await jobs.stop()
      for (const each of [eraser, resumes, rollouts, entries, entrySchedules, watches, retention])
        await each.stop()
      for (const each of [releaser, onsiteExpiry, throttler]) await each.stop()
      await dispatcher.stop()
      await workers?.stop()
      await remover.stop()
      await channels.email.close()
      await outbox.email.close()
      http.close()
      await catcher.stop()
      await connection.close()
      await client.connection.close()
      await database.close()
      if (given === undefined) await engine.stop()
    },
  }
}

/** The book that the first start would put in force, with other thresholds. */
async function putFirstBook(db: Kysely<Database>, lifecycle: LifecycleRules): Promise<void> {
  const publication = 1
  const content = compileRuleBook({ journeys: [], lifecycle, previous: null, publication })
  const book = { ...content, hash: contentHash(content) }
  await insertFirstRuleBook(db, { publication, book, entryRules: {} })
}

/** Asks again until `check` answers something; fails with what was asked for. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
  withinMs = 30_000,
): Promise<T> {
  const untilMs = Date.now() + withinMs
  for (;;) {
    const found = await check()
    if (found !== undefined && found !== false) return found
    if (Date.now() > untilMs) throw new Error(`Not within ${withinMs / 1_000} s: ${what}`)
    await sleep(25)
  }
}
