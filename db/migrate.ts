import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import * as foundation from './migrations/0001-foundation.ts'
import * as versionsAndJobs from './migrations/0002-versions-and-jobs.ts'
import * as contactGovernance from './migrations/0003-contact-governance.ts'
import * as customers from './migrations/0004-customers.ts'
import * as merges from './migrations/0005-merges.ts'
import * as identity from './migrations/0006-identity.ts'
import * as dataQuality from './migrations/0007-data-quality.ts'
import * as consent from './migrations/0008-consent.ts'
import * as lifecycle from './migrations/0009-lifecycle.ts'
import * as hibernation from './migrations/0010-hibernation.ts'
import * as erasure from './migrations/0011-erasure.ts'
import * as payloadKeys from './migrations/0012-payload-keys.ts'
import * as traitOrigins from './migrations/0014-trait-origins.ts'
import * as trackingPlan from './migrations/0015-tracking-plan.ts'
import * as retention from './migrations/0016-retention.ts'
import * as cases from './migrations/0017-cases.ts'
import * as sources from './migrations/0018-sources.ts'
import * as feedback from './migrations/0019-feedback.ts'
import * as checkpoints from './migrations/0020-checkpoints.ts'
import * as audiences from './migrations/0021-audiences.ts'
import * as devices from './migrations/0022-devices.ts'
import * as reactions from './migrations/0024-reactions.ts'
import * as onsite from './migrations/0025-onsite.ts'
import * as tasksAndUploads from './migrations/0026-agent-tasks-and-audience-uploads.ts'
import * as messageLibrary from './migrations/0027-message-library.ts'
import * as memberships from './migrations/0028-memberships.ts'
import * as judgedBy from './migrations/0029-judged-by.ts'
import * as reports from './migrations/0030-reports.ts'
import * as takenBack from './migrations/0031-what-is-taken-back.ts'
import type { Database } from './schema.ts'

/** Every migration, in order. A landed one is never edited. */
const MIGRATIONS = {
  '0001-foundation': foundation,
  '0002-versions-and-jobs': versionsAndJobs,
  '0003-contact-governance': contactGovernance,
  '0004-customers': customers,
  '0005-merges': merges,
  '0006-identity': identity,
  '0007-data-quality': dataQuality,
  '0008-consent': consent,
  '0009-lifecycle': lifecycle,
  '0010-hibernation': hibernation,
  '0011-erasure': erasure,
  '0012-payload-keys': payloadKeys,
  '0014-trait-origins': traitOrigins,
  '0015-tracking-plan': trackingPlan,
  '0016-retention': retention,
  '0017-cases': cases,
  '0018-sources': sources,
  '0019-feedback': feedback,
  '0020-checkpoints': checkpoints,
  '0021-audiences': audiences,
  '0022-devices': devices,
  '0024-reactions': reactions,
  '0025-onsite': onsite,
  '0026-agent-tasks-and-audience-uploads': tasksAndUploads,
  '0027-message-library': messageLibrary,
  '0028-memberships': memberships,
  '0029-judged-by': judgedBy,
  '0030-reports': reports,
  '0031-what-is-taken-back': takenBack,
}

/** Brings the database to the newest schema. Several processes may call it at once: a lock lets one do it. */
export async function migrate(db: Kysely<Database>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
}
