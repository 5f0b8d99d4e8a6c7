import type { Client } from '@temporalio/client'
import type { EventAcceptor } from '../operations/accept-events.ts'
import type { CustomerCommandDeps } from '../operations/set-consent.ts'
import type { Log } from '../platform/log.ts'
import type { FeedbackProvider } from './feedback/provider-report.ts'
import type { RateLimit } from './middleware/limit-rate.ts'
import type { CodecEndpoint } from './routes/codec.ts'

/** Everything that the API is built on. Made in `main.ts`, in part faked in tests. */
export interface ApiDeps extends CustomerCommandDeps {
  readonly log: Log
  readonly acceptor: EventAcceptor
  /** Told of a migration that there is something to do for, after the commit. Must not throw. */
  readonly onMigration: (migrationId: string) => void
  /** Told of a resume of sends that is to be worked off, after the commit. Must not throw. */
  readonly onResume: (resumeId: string) => void
  /** Told of a rollout of lifecycle rules that is to be worked off, after the commit. Must not throw. */
  readonly onRollout: (version: number) => void
  /** Told of an entry of an audience that is to be worked off, after the commit. Must not throw. */
  readonly onEntry: (entryId: string) => void
  /** Told that a deletion by age was asked for, after the commit. Must not throw. */
  readonly onRetention: () => void
  /** Told that there is a job for the engine, after the commit. Must not throw. */
  readonly onJob: () => void
  readonly client: () => Client
  /** Whether clocks of test customers may be moved. */
  readonly timeTravel: boolean
  /** Resolves while the engine can be reached, else rejects. */
  readonly checkEngine: () => Promise<void>
  /** Where people look at actors. */
  readonly temporalUi: { readonly url: string; readonly namespace: string }
  /** What links in mails are signed with; see `platform/preference-link.ts`. */
  readonly linkSecret: string
  /** What webhooks of providers are signed with; of SES the topic that it tells. Absent: not listened to. */
  readonly feedbackKeys?: Partial<Record<FeedbackProvider, string>>
  /** What stands at an address of a provider's; null: it is not to be had. Absent: nobody can be asked. */
  readonly askProvider?: (url: string) => Promise<string | null>
  /** Where this deployment is reached from the internet, as was told to providers. Absent: nowhere. */
  readonly publicUrl?: string | undefined
  /** Pages that may ask for messages and tell of them: their origins. Absent: none. */
  readonly onsiteOrigins?: readonly string[]
  /** What names of people who were erased are told by. */
  readonly tombstoneSecret: string
  /** Whether what the engine stores of customers is encrypted. */
  readonly encryptsPayloads: boolean
  /** Absent: nothing is encrypted, and nobody need ask. */
  readonly codecEndpoint?: CodecEndpoint
  /** Whether others than this machine can reach the server. */
  readonly isOpenToNetwork?: boolean
  /** What one key may do in this process; generous where it is not given. */
  readonly rateLimit?: RateLimit
}
