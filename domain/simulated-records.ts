import type { SendOutcome } from './actor/inputs.ts'
import { withDetail } from './customers/send-reason.ts'
import type { SimulatedDelivery, SimulatedLife } from './simulated-life.ts'
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

/** Messages that were sent, refused or kept back, each as it was stored last, oldest first. */
export function deliveriesOf(life: SimulatedLife): SimulatedDeliveryRow[] {
  const written: SimulatedDeliveryRow[] = [
    ...life.records.flatMap(({ deliveries }) =>
      deliveries.map((each) => ({ ...each, attempt: 0 })),
    ),
    ...life.deliveries.map(toRow),
  ]
  const rows = new Map<string, SimulatedDeliveryRow>()
  // A message that was held and goes out in one instant has gone out.
  for (const row of written.toSorted(byInstant)) rows.set(row.deliveryId, row)
  return [...rows.values()].toSorted(byInstant)
}

const byInstant = (one: SimulatedDeliveryRow, other: SimulatedDeliveryRow): number =>
  one.atMs - other.atMs

function toRow({ request, outcome, detail }: SimulatedDelivery): SimulatedDeliveryRow {
  const { deliveryId, runId, journey, version, step, message, channel, attempt } = request
  const what = { deliveryId, runId, journey, version, step, message, channel, attempt }
  return { ...what, atMs: request.nowMs, ...resultOf(outcome, detail) }
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
