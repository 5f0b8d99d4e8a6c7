import type { Channels } from './channel.ts'
import { createEmailChannel, type EmailSettings } from './email.ts'
import { createWebhookChannel, type WebhookSettings } from './webhook.ts'

export interface ChannelSettings {
  readonly email: EmailSettings
  readonly webhook: WebhookSettings
}

/** Every way to reach a customer, each connecting when it is first used. */
export function createChannels({ email, webhook }: ChannelSettings): Channels {
  return { email: createEmailChannel(email), webhook: createWebhookChannel(webhook) }
}
