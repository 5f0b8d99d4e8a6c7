import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow'
import type {
  CallActivities,
  CustomerActivities,
  DeliveryActivities,
  EntryActivities,
  WatchActivities,
  MigrationActivities,
  ResumeActivities,
  RetentionActivities,
  RolloutActivities,
} from '../activities/contract.ts'
import type { ChannelName } from '../domain/journeys/values.ts'
import { deliveryTaskQueue } from './customer-messages.ts'

/**
 * Proxies of everything a workflow may ask for, with time limits by kind of effect. No limit on
 * tries: an outage of SQL ends some day, and until then the customer waits.
 */

/** Short reads and writes of SQL, inside the workflow task: one history event each. */
export const { restoreCustomer, loadRules, recordTurn, settleSend } =
  proxyLocalActivities<CustomerActivities>({
    startToCloseTimeout: '10s',
    retry: { initialInterval: '200ms', maximumInterval: '30s' },
  })

/** A line of its own in the engine's UI, with input, answer and summary. */
export const { arbitrate } = proxyActivities<Pick<CustomerActivities, 'arbitrate'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
})

/**
 * A regular activity, so that it stands in the history before it has an effect: a task that is done
 * again finds that the actor was on its way to sleep, whatever has come meanwhile.
 */
export const { fallAsleep } = proxyActivities<Pick<CustomerActivities, 'fallAsleep'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
})

/** What makes a customer part of another: a line of its own, and one transaction each. */
export const { handOver, forwardOutcome } = proxyActivities<
  Pick<CustomerActivities, 'handOver' | 'forwardOutcome'>
>({
  startToCloseTimeout: '20s',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
})

/** A regular activity, since it is what holds the clock of a test customer. */
export const { awaitEmitted } = proxyActivities<Pick<CustomerActivities, 'awaitEmitted'>>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
})

/**
 * One try of a send. The activity itself ends within 30 s; a worker that dies is noticed by the
 * missing heartbeat. A cancelled try that has started is waited for: its outcome is the truth.
 */
export const deliverOn = (channel: ChannelName) => deliveries(channel).deliverMessage

const deliveries = (channel: ChannelName) => proxyActivities<DeliveryActivities>(triesOn(channel))

const triesOn = (channel: ChannelName): ActivityOptions => ({
  taskQueue: deliveryTaskQueue(channel),
  startToCloseTimeout: '40s',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', maximumInterval: '1m' },
})

/** One try of a webhook step: bounded and waited for like one of a send. */
export const { callWebhook } = proxyActivities<CallActivities>(triesOn('webhook'))

/** Asks as many customers as a migration takes in a second: one transaction. */
export const { migrateSome } = proxyActivities<MigrationActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
})

/** Lets go as many sends as the ramp of a resume allows by now: one transaction. */
export const { resumeSome } = proxyActivities<ResumeActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
})

/** Tells as many customers of other rules as a rollout takes in a second: one transaction. */
export const { rollOutSome } = proxyActivities<RolloutActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
})

/** Deletes for a few seconds what is kept no longer: as many short transactions as that takes. */
export const { beginRetention, retainSome } = proxyActivities<RetentionActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
})

/** Looks at some thousand customers, and tells those who have come into an audience or gone: one transaction. */
export const { watchSome } = proxyActivities<WatchActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
})

/** Lets in as many of an audience as enter in a second: one transaction, with a look at some thousand customers. */
export const { beginEntry, enterSome } = proxyActivities<EntryActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
})
