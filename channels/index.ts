import { createAgentTaskChannel, type AgentTaskSettings } from './agent-task/index.ts'
import { createAudienceSyncChannel, type AudienceSyncSettings } from './audience-sync/index.ts'
import type { Channels } from './channel.ts'
import { createEmailChannel, type EmailSettings } from './email/index.ts'
import { createOnsiteChannel, type OnsiteSettings } from './onsite/index.ts'
import { createPushChannel, type PushSettings } from './push/index.ts'
import { createSmsChannel, type SmsSettings } from './sms/index.ts'
import { createWebhookChannel, type WebhookSettings } from './webhook/index.ts'

/** Of each channel what it is created with. */
export interface ChannelSettings {
  readonly agentTask: AgentTaskSettings
  readonly audienceSync: AudienceSyncSettings
  readonly email: EmailSettings
  /** Undefined: no page may show any. */
  readonly onsite?: OnsiteSettings | undefined
  /** Undefined: nobody who sends any. */
  readonly push?: PushSettings | undefined
  /** Undefined: nobody who sends any. */
  readonly sms?: SmsSettings | undefined
  readonly webhook: WebhookSettings
}

/** Every way to reach a customer, each connecting when it is first used. */
export function createChannels({
  agentTask,
  audienceSync,
  email,
  onsite,
  push = {},
  sms,
  webhook,
}: ChannelSettings): Channels {
  return {
    agent_task: createAgentTaskChannel(agentTask),
    audience_sync: createAudienceSyncChannel(audienceSync),
    email: createEmailChannel(email),
    onsite: createOnsiteChannel(onsite),
    push: createPushChannel(push),
    sms: createSmsChannel(sms),
    webhook: createWebhookChannel(webhook),
  }
}
