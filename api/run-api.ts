import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { createHttp, type Http } from '../channels/http.ts'
import type { Database } from '../db/schema.ts'
import { createEventAcceptor } from '../operations/accept-events.ts'
import { startEraser } from '../operations/eraser.ts'
import { startEntryScheduler } from '../operations/entry-scheduler.ts'
import { startWatchScheduler } from '../operations/watch-scheduler.ts'
import { startEntryStarter } from '../operations/entry-starter.ts'
import { startJobStarter } from '../operations/job-starter.ts'
import { createPublishedRules } from '../operations/published-rules.ts'
import { startDispatcher } from '../operations/start-dispatcher.ts'
import { startMigrationStarter } from '../operations/migration-starter.ts'
import { startOnsiteExpiry } from '../operations/receive-onsite.ts'
import { startReleaser } from '../operations/release-waiting.ts'
import { startResumeStarter } from '../operations/resume-starter.ts'
import { startCheckpoints } from '../operations/quality-checkpoints.ts'
import { startRetentionScheduler } from '../operations/retention-scheduler.ts'
import { startRolloutStarter } from '../operations/rollout-starter.ts'
import { startThrottler } from '../operations/throttler.ts'
import type { Config } from '../platform/config.ts'
import type { Log } from '../platform/log.ts'
import { checkTemporal } from '../platform/temporal.ts'
import type { FeedbackDeps } from '../operations/receive-feedback.ts'
import { startFeedbackServer, type FeedbackServer } from './feedback/start-feedback-server.ts'
import type { CodecEndpoint } from './routes/codec.ts'
import { startApi, type RunningApi } from './server.ts'

const ENGINE_ANSWERS_WITHIN_MS = 2_000

export interface RunApiDeps {
  readonly config: Pick<Config, 'host' | 'port' | 'timeTravel' | 'encryptsPayloads'> &
    Partial<
      Pick<
        Config,
        | 'bounceDomain'
        | 'feedbackPort'
        | 'sendgridKey'
        | 'mailgunKey'
        | 'postmarkKey'
        | 'sesTopic'
        | 'sms'
        | 'publicUrl'
        | 'onsiteOrigins'
      >
    >
  /** What names of people who were erased are told by. */
  readonly tombstoneSecret: string
  readonly db: Kysely<Database>
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  readonly temporalUiUrl: string
  readonly linkSecret: string
  /** Absent: nothing is encrypted. */
  readonly codecEndpoint?: CodecEndpoint | undefined
  readonly log: Log
  /** No other process uses this database. */
  readonly exclusive: boolean
}

/**
 * Runs what an API process consists of: the HTTP server, the acceptor that stores events, the dispatcher
 * that brings them to the actors, the SMTP server for what comes back of mails, what starts migrations,
 * resumes, rollouts, entries of audiences and jobs, lets go what waits for a capacity, ends messages on pages, opens checkpoints, and
 * tells the engine of throttles and of its schedules. Stopped, nothing that was answered is lost.
 *
 * @throws {Error} with code `EADDRINUSE` when the port is taken
 */
export async function runApi(deps: RunApiDeps): Promise<RunningApi> {
  const { config, db, client, log, temporalUiUrl, linkSecret, codecEndpoint, exclusive } = deps
  const { tombstoneSecret } = deps
  const now = Date.now
  const rules = createPublishedRules()
  const dispatcher = await startDispatcher({
    db,
    rules,
    client,
    exclusive,
    onError: (err, about) => log.warn({ err, ...about }, 'A delivery to an actor failed'),
  })
  const migrations = startMigrationStarter({
    db,
    client,
    onError: (err) => log.warn({ err }, 'A migration could not be started; trying on'),
  })
  const jobs = startJobStarter({
    db,
    client,
    onError: (err) => log.warn({ err }, 'A job could not be handed over; trying on'),
  })
  const onPending = dispatcher.wake
  const resumes = startResumeStarter({
    db,
    client,
    onError: (err) => log.warn({ err }, 'A resume could not be started; trying on'),
  })
  const rollouts = startRolloutStarter({
    db,
    client,
    onError: (err) => log.warn({ err }, 'A rollout could not be started; trying on'),
  })
  const entries = startEntryStarter({
    db,
    client,
    onError: (err) => log.warn({ err }, 'An entry of an audience could not be started; trying on'),
  })
  const entrySchedules = startEntryScheduler({
    db,
    client,
    onError: (err) => log.warn({ err }, 'Entries of audiences were not scheduled; trying on'),
  })
  const watches = startWatchScheduler({
    db,
    client,
    onError: (err) => log.warn({ err }, 'Audiences could not be watched; trying on'),
  })
  const retention = startRetentionScheduler({
    db,
    client,
    onError: (err) => log.warn({ err }, 'Deletion by age could not be scheduled; trying on'),
  })
  const checkpoints = startCheckpoints({
    db,
    now,
    onError: (err) => log.warn({ err }, 'A checkpoint of data quality was not opened; trying on'),
  })
  const releaser = startReleaser({
    db,
    rules,
    now,
    onPending,
    onError: (err) => log.warn({ err }, 'What waits for a capacity was not let go; trying on'),
  })
  const onsite = startOnsiteExpiry({
    db,
    rules,
    now,
    onPending,
    onError: (err) => log.warn({ err }, 'Messages on pages were not ended; trying on'),
  })
  const throttler = startThrottler({
    db,
    client,
    onError: (err) => log.warn({ err }, 'The engine was not told of throttles; trying on'),
    onRefused: (channel, err) => log.warn({ err, channel }, 'The engine does not throttle'),
  })
  const eraser = startEraser({
    db,
    client: () => client,
    now,
    onError: (err) => log.warn({ err }, 'An erasure has stopped; trying on'),
  })
  const background = [
    eraser,
    migrations,
    jobs,
    resumes,
    rollouts,
    entries,
    entrySchedules,
    watches,
    retention,
    checkpoints,
    releaser,
    onsite,
    throttler,
    dispatcher,
  ]
  let feedback: FeedbackServer | undefined
  const http = createHttp()
  const stopBackground = async (): Promise<void> => {
    http.close()
    await feedback?.stop()
    for (const each of background) await each.stop()
  }
  const acceptor = createEventAcceptor({ db, rules, now, onPending, tombstoneSecret })
  try {
    feedback = await takeMails(deps, { db, rules, now, onPending, log })
    const api = await startApi({
      db,
      rules,
      now,
      onPending,
      onMigration: migrations.wake,
      onResume: resumes.wake,
      onRollout: rollouts.wake,
      onEntry: entries.wake,
      onRetention: retention.wake,
      onJob: jobs.wake,
      acceptor,
      log,
      client: () => client,
      checkEngine: () => checkTemporal(client, ENGINE_ANSWERS_WITHIN_MS),
      linkSecret,
      feedbackKeys: feedbackKeys(config),
      askProvider: (url) => askProvider(http, url),
      publicUrl: config.publicUrl,
      onsiteOrigins: config.onsiteOrigins ?? [],
      tombstoneSecret,
      encryptsPayloads: config.encryptsPayloads,
      ...(codecEndpoint === undefined ? {} : { codecEndpoint }),
      temporalUi: { url: temporalUiUrl, namespace: client.options.namespace },
      timeTravel: config.timeTravel,
      host: config.host,
      port: config.port,
    })
    return {
      url: api.url,
      stop: async () => {
        await api.stop()
        await acceptor.flush()
        await stopBackground()
      },
    }
  } catch (error) {
    await stopBackground()
    throw error
  }
}

/** SNS waits for 15 seconds. */
const PROVIDER_MS_MAX = 8_000

async function askProvider(http: Http, url: string): Promise<string | null> {
  const answer = await http.call({ url, method: 'GET', headers: {} }, PROVIDER_MS_MAX)
  return answer.type === 'answered' && answer.status === 200 ? answer.body : null
}

/** Undefined: reports of mail servers are taken elsewhere, or nowhere. */
async function takeMails(
  { config: { host, feedbackPort: port, bounceDomain: domain }, linkSecret }: RunApiDeps,
  deps: FeedbackDeps,
): Promise<FeedbackServer | undefined> {
  if (port === undefined || domain === undefined) return undefined
  const server = await startFeedbackServer({
    ...deps,
    host,
    port,
    returns: { secret: linkSecret, domain },
  })
  deps.log.info({ port: server.port }, 'Reports of mail servers are taken')
  return server
}

const feedbackKeys = ({
  sendgridKey,
  mailgunKey,
  postmarkKey,
  sesTopic,
  sms,
}: RunApiDeps['config']) => ({
  ...(sendgridKey === undefined ? {} : { sendgrid: sendgridKey }),
  ...(mailgunKey === undefined ? {} : { mailgun: mailgunKey }),
  ...(postmarkKey === undefined ? {} : { postmark: postmarkKey }),
  ...(sesTopic === undefined ? {} : { ses: sesTopic }),
  ...(sms?.provider === 'twilio' ? { twilio: sms.authToken } : {}),
  ...(sms?.provider === 'vonage' && sms.signatureSecret !== undefined
    ? { vonage: sms.signatureSecret }
    : {}),
})
