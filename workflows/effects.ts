import {
  ActivityCancellationType,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow'
import type { CustomerActivities, DeliveryActivities } from '../activities/contract.ts'
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
 * One try of a send. The activity itself ends within 30 s; a worker that dies is noticed by the
 * missing heartbeat. A cancelled try that has started is waited for: its outcome is the truth.
 */
export const deliverOn = (channel: string) => deliveries(channel).deliverMessage

const deliveries = (channel: string) =>
  proxyActivities<DeliveryActivities>({
    taskQueue: deliveryTaskQueue(channel),
    startToCloseTimeout: '40s',
    heartbeatTimeout: '10s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1s', maximumInterval: '1m' },
  })
