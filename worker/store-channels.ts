import type { Kysely } from 'kysely'
import type { ChannelSettings } from '../channels/index.ts'
import { keepAgentTask } from '../db/agent-tasks.ts'
import { forgetUpload, rememberUpload } from '../db/audience-uploads.ts'
import { putOnsiteMessage } from '../db/onsite-messages.ts'
import type { Database } from '../db/schema.ts'

/** What channels are created with that the store has a part in. `hasPages`: some page may ask for messages. */
export const storeChannels = (
  db: Kysely<Database>,
  { secret, hasPages }: { readonly secret: string; readonly hasPages: boolean },
): Pick<ChannelSettings, 'agentTask' | 'audienceSync' | 'onsite'> => ({
  agentTask: { keep: (task) => keepAgentTask(db, task) },
  onsite: hasPages ? { put: (message) => putOnsiteMessage(db, message) } : undefined,
  audienceSync: {
    secret,
    uploads: {
      remember: (upload) => rememberUpload(db, upload),
      forget: (upload) => forgetUpload(db, upload),
    },
  },
})
