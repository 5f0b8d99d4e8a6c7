import type { Kysely } from 'kysely'
import type { Channels } from '../channels/channel.ts'
import { listLoadedRules } from '../db/loaded-rules.ts'
import type { Database } from '../db/schema.ts'
import { putToSleep } from '../db/sleepers.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import { createArbitrate } from './arbitrate.ts'
import { createAwaitEmitted } from './await-emitted.ts'
import type {
  CustomerActivities,
  EntryActivities,
  WatchActivities,
  MigrationActivities,
  ResumeActivities,
  RetentionActivities,
  RolloutActivities,
} from './contract.ts'
import { createWatchSome } from './watch-rounds.ts'
import { createBeginEntry, createEnterSome } from './entry-rounds.ts'
import { createForwardOutcome } from './forward-outcome.ts'
import { createHandOver } from './hand-over.ts'
import { createMigrateSome } from './migration-rounds.ts'
import { createRestoreCustomer } from './restore-customer.ts'
import { createResumeSome } from './resume-rounds.ts'
import { createBeginRetention, createRetainSome } from './retention-rounds.ts'
import { createRollOutSome } from './rollout-rounds.ts'
import { createSettleSend } from './settle-send.ts'

/** What the workers of the `customers` queue carry out. */
export const createCustomerActivities = (deps: {
  readonly db: Kysely<Database>
  readonly channels: Channels
  /** Real time. */
  readonly now: () => number
}): CustomerActivities &
  MigrationActivities &
  ResumeActivities &
  RetentionActivities &
  RolloutActivities &
  EntryActivities &
  WatchActivities => ({
  restoreCustomer: createRestoreCustomer(deps),
  loadRules: (input) => listLoadedRules(deps.db, input),
  fallAsleep: (input) => putToSleep(deps.db, input),
  recordTurn: ({ record, snapshot }) => writeTurnRecord(deps.db, record, snapshot),
  settleSend: createSettleSend(deps),
  handOver: createHandOver(deps),
  forwardOutcome: createForwardOutcome(deps),
  awaitEmitted: createAwaitEmitted(deps),
  arbitrate: createArbitrate(deps),
  migrateSome: createMigrateSome(deps),
  resumeSome: createResumeSome(deps),
  rollOutSome: createRollOutSome(deps),
  beginEntry: createBeginEntry(deps),
  enterSome: createEnterSome(deps),
  watchSome: createWatchSome(deps),
  beginRetention: createBeginRetention(deps),
  retainSome: createRetainSome(deps),
})
