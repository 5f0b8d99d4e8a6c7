import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { PayloadCodec } from '@temporalio/common'
import { NativeConnection } from '@temporalio/worker'
import type { Kysely } from 'kysely'
import { createCallActivities } from '../activities/call-webhook.ts'
import { createDeliveryActivities } from '../activities/deliver-message.ts'
import { createEmailChannel } from '../channels/email/index.ts'
import { createHttp } from '../channels/http.ts'
import { createChannels } from '../channels/index.ts'
import { startMailCatcher } from '../channels/mail-catcher.ts'
import { askReceipts } from '../channels/push/expo-receipts.ts'
import type { PushSettings } from '../channels/push/index.ts'
import type { SmsSettings } from '../channels/sms/index.ts'
import { createSignedHttp } from '../channels/signed-http.ts'
import { insertOutboxMail } from '../db/outbox.ts'
import type { Database } from '../db/schema.ts'
import { createPublishedRules } from '../operations/published-rules.ts'
import { receiveFeedback } from '../operations/receive-feedback.ts'
import type { Rounds } from '../operations/rounds.ts'
import type { Log } from '../platform/log.ts'
import { ensureSearchAttributes, type TemporalTarget } from '../platform/temporal.ts'
import { SEARCH_ATTRIBUTES } from '../workflows/customer-messages.ts'
import { startAudienceRemover } from './audience-remover.ts'
import { bundleWorkflows } from './bundle.ts'
import { createLinkWriters, type LinkSettings } from './link-writer.ts'
import { startReceiptAsker } from './receipt-asker.ts'
import { storeChannels } from './store-channels.ts'
import { startWorkers, type RunningWorkers, type WorkerDeps } from './run.ts'

/** Between two tries to reach an engine that is away. */
const RETRY_MS = 1_000

export interface WorkerProcessDeps {
  readonly temporal: TemporalTarget
  /** Of the same engine. */
  readonly client: Client
  readonly db: Kysely<Database>
  /** As `client` has it. */
  readonly codec: PayloadCodec
  /** Undefined: all mail goes to the catcher. */
  readonly smtpUrl: string | undefined
  readonly mailFrom: string | undefined
  /** Whether Postmark tells what came back of mails. */
  readonly isPostmark: boolean
  /** Whether any page shows messages. */
  readonly hasPages: boolean
  /** Of each provider, who is undefined where there is none. */
  readonly push: PushSettings
  /** Undefined: no SMS is sent. */
  readonly sms: SmsSettings | undefined
  /** Undefined: word of deliveries goes to `mailFrom`. */
  readonly bounceDomain: string | undefined
  readonly webhookSecret: string
  readonly links: LinkSettings
  readonly log: Log
}

export interface WorkerProcess {
  /** Resolves when the workers have taken up work, which an engine that is away delays. */
  readonly ready: Promise<void>
  /** Rejects when a worker dies by itself. */
  readonly failed: Promise<never>
  /** Lets what has started end. */
  readonly stop: () => Promise<void>
}

/**
 * Runs what a worker process consists of: the mail catcher, the channels, the workers. Where the
 * engine is away the workers begin as soon as it is there.
 */
export async function startWorkerProcess(deps: WorkerProcessDeps): Promise<WorkerProcess> {
  const { db, codec, log, smtpUrl, mailFrom, push, sms, webhookSecret, links, bounceDomain } = deps
  const returns =
    bounceDomain === undefined ? undefined : { domain: bounceDomain, secret: links.secret }
  if (smtpUrl !== undefined && links.publicUrl === undefined)
    log.warn(
      'Links in mails lead to this machine, which readers cannot reach: set RUMBO_PUBLIC_URL',
    )
  const catcher = await startMailCatcher({ store: (mail) => insertOutboxMail(db, mail) })
  const outbox = {
    email: createEmailChannel({ smtpUrl: catcher.smtpUrl, from: mailFrom, returns }),
  }
  const channels = createChannels({
    ...storeChannels(db, { secret: webhookSecret, hasPages: deps.hasPages }),
    email: {
      smtpUrl: smtpUrl ?? catcher.smtpUrl,
      from: mailFrom,
      returns,
      isPostmark: deps.isPostmark,
    },
    push,
    sms: sms && { ...sms, publicUrl: links.publicUrl },
    webhook: { secret: webhookSecret },
  })
  const deliveries = createDeliveryActivities({
    db,
    channels,
    outbox,
    ...createLinkWriters(links),
    now: Date.now,
  })
  const http = createSignedHttp({ secret: webhookSecret })
  const remover = startAudienceRemover({
    db,
    http,
    onError: (err) => log.warn({ err }, 'Changes of lists at platforms have stopped; trying on'),
    onRefused: (about) => log.warn(about, 'A platform does not change a list; trying on'),
  })
  const receipts = startReceipts(deps)
  const calls = createCallActivities({ db, http, now: Date.now })

  const stopping = new AbortController()
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => {}) // told to whoever listens
  const starting = (async () => {
    const workflowBundle = await bundleWorkflows()
    const shared = { db, codec, channels, deliveries, calls, workflowBundle }
    const started = await startWhenThere(deps, stopping.signal, shared)
    started?.workers.ended.catch(fail)
    return started
  })()
  starting.catch(fail)

  return {
    failed,
    ready: starting.then(() => log.info('Workers are up')),
    stop: async () => {
      stopping.abort()
      await remover.stop()
      await receipts.stop()
      const started = await starting.catch(() => undefined)
      await started?.workers.stop().catch((err: unknown) => log.error({ err }, 'A worker failed'))
      await started?.connection.close()
      await Promise.all(Object.values(channels).map((channel) => channel.close()))
      await outbox.email.close()
      http.close()
      await catcher.stop()
    },
  }
}

const RECEIPTS_MS_MAX = 20_000

/** Without an account of Expo's, what is left from before it is only waited out. */
function startReceipts({ db, log, push: { expo } }: WorkerProcessDeps): Rounds {
  const http = createHttp()
  const feedback = {
    db,
    log,
    rules: createPublishedRules(),
    now: Date.now,
    // Another process brings it to the actor, as it does with what dead addresses leave behind.
    onPending: () => {},
  }
  const rounds = startReceiptAsker({
    db,
    ask: async (ticketIds) =>
      expo === undefined
        ? { type: 'unavailable', reason: 'no_push_provider' }
        : askReceipts(http, expo, ticketIds, RECEIPTS_MS_MAX),
    receive: (received) => receiveFeedback(feedback, received),
    onError: (err) => log.warn({ err }, 'Receipts of notifications were not asked for; trying on'),
    onUnavailable: (about) => log.warn(about, 'Receipts of notifications were not to be had'),
  })
  return {
    wake: rounds.wake,
    stop: async () => {
      http.close()
      await rounds.stop()
    },
  }
}

/** Undefined when stopped before the engine was there. One that goes away again meanwhile is waited for too. */
async function startWhenThere(
  { temporal, client, log }: WorkerProcessDeps,
  stopped: AbortSignal,
  deps: Omit<WorkerDeps, 'connection' | 'namespace'>,
): Promise<{ connection: NativeConnection; workers: RunningWorkers } | undefined> {
  const { namespace, ...options } = temporal
  let told = ''
  while (!stopped.aborted) {
    let connection: NativeConnection | undefined
    try {
      connection = await NativeConnection.connect(options)
      await ensureSearchAttributes(client, SEARCH_ATTRIBUTES)
      return { connection, workers: await startWorkers({ ...deps, connection, namespace }) }
    } catch (err) {
      await connection?.close()
      if (String(err) !== told) log.warn({ err }, 'The engine cannot be worked for yet; trying on')
      told = String(err)
      await sleep(RETRY_MS, undefined, { signal: stopped }).catch(() => {})
    }
  }
  return undefined
}
