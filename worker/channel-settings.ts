import type { Config } from '../platform/config.ts'
import type { WorkerProcessDeps } from './start-worker-process.ts'
import { findWebhookSecret } from './webhook-secret.ts'

/** What a worker process sends by, as its settings say. */
export const channelSettings = (config: Config) =>
  ({
    smtpUrl: config.smtpUrl,
    mailFrom: config.mailFrom,
    isPostmark: config.postmarkKey !== undefined,
    hasPages: config.onsiteOrigins.length > 0,
    push: config.push,
    sms: config.sms,
    bounceDomain: config.bounceDomain,
    webhookSecret: findWebhookSecret(config),
  }) satisfies Partial<WorkerProcessDeps>
