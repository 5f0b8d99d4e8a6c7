import type { SendOutcome } from './actor/inputs.ts'
import { withDetail } from './customers/send-reason.ts'
import type { SimulatedLife } from './simulated-life.ts'
import { timelineOf, type MadeDelivery, type TimelineLine } from './timeline.ts'

/** A message as it would be stored. */
export interface SimulatedDeliveryRow extends MadeDelivery {
  readonly status:
    | 'sent'
    | 'failed'
    | 'queued'
    | 'dropped'
    | 'skipped'
    | 'unknown'
    | 'muted'
    | 'held'
    | 'parked'
  readonly runId: string
  readonly attempt: number
}

/** What would stand on the customer's timeline, newest first. */
export function timelineOfLife(life: SimulatedLife): TimelineLine[] {
  return timelineOf({
    events: life.events,
    consents: life.consents,
    decisions: life.decisions.map(({ decision, request }) => ({ ...decision, atMs: request.atMs })),
    records: life.records,
    deliveries: deliveriesOf(life),
  })
}

/** Messages that were sent, refused or dropped, each as it was stored last, oldest first. */
export function deliveriesOf(life: SimulatedLife): SimulatedDeliveryRow[] {
  const rows = new Map<string, SimulatedDeliveryRow>()
  const dropped = life.records.flatMap(({ deliveries }) => deliveries)
  for (const delivery of dropped) rows.set(delivery.deliveryId, { ...delivery, attempt: 0 })
  for (const { request, outcome, detail } of life.deliveries) {
    const { deliveryId, runId, journey, version, step, message, channel, attempt } = request
    const what = { deliveryId, runId, journey, version, step, message, channel, attempt }
    rows.set(deliveryId, { ...what, atMs: request.nowMs, ...resultOf(outcome, detail) })
  }
  return [...rows.values()].toSorted((a, b) => a.atMs - b.atMs)
}

/** As the send activity stores it. */
function resultOf(
  outcome: SendOutcome,
  detail: string | undefined,
): Pick<SimulatedDeliveryRow, 'status' | 'reason'> {
  switch (outcome.type) {
    case 'sent':
      return { status: 'sent', reason: null }
    case 'refused':
      return { status: 'failed', reason: withDetail(outcome.reason, detail) }
    case 'retryAt':
      return { status: 'queued', reason: outcome.reason }
    case 'dropped':
    case 'unknown':
    case 'held':
    case 'parked':
      return { status: outcome.type, reason: outcome.reason }
    case 'stale':
      return { status: 'queued', reason: 'stale' }
    case 'muted':
    case 'withdrawn':
      return { status: outcome.type === 'muted' ? 'muted' : 'dropped', reason: null }
    default:
      return outcome satisfies never
  }
}
