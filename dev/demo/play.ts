import { newCustomer } from '../../domain/actor/new-customer.ts'
import type { BatchItem } from '../../domain/actor/inputs.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import { publishedTogether, simulate, type Simulation } from '../../domain/simulation.ts'
import type { DemoCustomer } from './customers.ts'

/** What happens to one customer of the demo when these journeys, and no others, are published. */
export function playCustomer(
  journeys: readonly Journey[],
  customer: DemoCustomer,
  untilMs: number,
): Simulation {
  return simulate({
    actor: newCustomer(
      { customerId: customer.sourceId, test: true, zone: 'UTC', known: true },
      customer.startsAtMs,
    ),
    rules: publishedTogether(journeys),
    items: itemsOf(customer),
    untilMs,
  })
}

/** What the demo sends, as the actor would hear it. */
function itemsOf({ startsAtMs, consents, events }: DemoCustomer): BatchItem[] {
  return [
    {
      type: 'facts',
      seq: 1,
      receivedAtMs: startsAtMs,
      facts: { has: { email: true }, known: true, zone: 'UTC' },
    },
    ...consents.map((consent, index): BatchItem => ({
      type: 'consent',
      seq: 2 + index,
      receivedAtMs: startsAtMs,
      ...consent,
    })),
    ...events.map(({ event, atMs, properties }, index): BatchItem => ({
      type: 'event',
      seq: 2 + consents.length + index,
      name: event,
      occurredAtMs: atMs,
      receivedAtMs: atMs,
      properties,
    })),
  ]
}
