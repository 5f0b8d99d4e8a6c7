import type { Kysely } from 'kysely'
import type { ChannelSettings } from '../channels/index.ts'
import { keepAgentTask } from '../db/agent-tasks.ts'
import { forgetUpload, rememberUpload } from '../db/audience-uploads.ts'
import type { Database } from '../db/schema.ts'

/** What channels are created with that the store has a part in. */
export const storeChannels = (
  db: Kysely<Database>,
  secret: string,
): Pick<ChannelSettings, 'agentTask' | 'audienceSync'> => ({
  agentTask: { keep: (task) => keepAgentTask(db, task) },
  audienceSync: {
    secret,
    uploads: {
      remember: (upload) => rememberUpload(db, upload),
      forget: (upload) => forgetUpload(db, upload),
    },
  },
})
