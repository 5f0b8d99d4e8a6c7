import type { ChannelName } from '../journeys/values.ts'
import type { ChannelSpec } from './channel-spec.ts'
import { agentTask } from './agent-task.ts'
import { audienceSync } from './audience-sync.ts'
import { email } from './email.ts'
import { onsite } from './onsite.ts'
import { push } from './push.ts'
import { sms } from './sms.ts'
import { webhook } from './webhook.ts'

/** Every channel. A name in `CHANNELS` without a spec does not compile. */
const CHANNEL_SPECS: { readonly [Name in ChannelName]: ChannelSpec<Name> } = {
  agent_task: agentTask,
  audience_sync: audienceSync,
  email,
  onsite,
  push,
  sms,
  webhook,
}

/** What is special about a channel. */
export const channelSpec = <Name extends ChannelName>(channel: Name): ChannelSpec<Name> =>
  CHANNEL_SPECS[channel]
