import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../domain/json.ts'
import { customerWorkflowId } from '../workflows/customer-messages.ts'
import { COUNTED_EVENT } from './journeys.ts'
import type { System } from './system.ts'

/** For each actor, and at least for all of them together. */
const ACTOR_START_MS_MAX = 80
const ACTORS_START_MS_MAX = 120_000
const GROUP = 200

/** A customer whose actor runs and has loaded its rules. */
export interface BenchCustomer {
  readonly userId: string
  readonly customerId: string
  readonly workflowId: string
  readonly email: string
}

/** Makes customers with a mail address and starts their actors: known, alive, on no journey. */
export async function createCustomers(system: System, count: number): Promise<BenchCustomer[]> {
  const users = Array.from({ length: count }, (_, index) => `bench-${index}`)
  const accepted = await inGroups(users, (group) =>
    system.acceptor.accept(
      group.map((userId) => ({
        type: 'identify',
        messageId: randomUUID(),
        userId,
        traits: { email: `${userId}@example.com`, firstName: 'Ana' },
        historical: false,
      })),
    ),
  )
  const customers = accepted.map(({ customerId }, index): BenchCustomer => ({
    userId: users[index] ?? '',
    customerId,
    workflowId: customerWorkflowId(customerId),
    email: `${users[index]}@example.com`,
  }))
  const ids = customers.map(({ workflowId }) => workflowId)
  // The first event makes a customer `new`; the second one changes nothing any more.
  for (let round = 0; round < 2; round++) {
    await storeEvents(system, customers, COUNTED_EVENT)
    const withinMs = Math.max(ACTORS_START_MS_MAX, count * ACTOR_START_MS_MAX)
    const handled = system.observer.all(ids, { sight: 'signals', withinMs })
    const dispatcher = await system.dispatch()
    dispatcher.wake(customers.map(({ customerId }) => customerId))
    await handled
    await dispatcher.stop()
  }
  return customers
}

/** Stores events, `each` for every customer. Nobody hears of them before somebody dispatches. */
export async function storeEvents(
  { acceptor }: System,
  customers: readonly BenchCustomer[],
  event: string,
  each = 1,
): Promise<void> {
  const all = Array.from({ length: each }, () => customers).flat()
  await inGroups(all, (group) =>
    acceptor.accept(
      group.map(({ userId }) => ({
        type: 'track',
        messageId: randomUUID(),
        userId,
        event,
        properties: PROPERTIES,
        historical: false,
      })),
    ),
  )
}

/** What a shop sends with a view; no rule reads it. */
export const PROPERTIES: JsonObject = {
  product_id: '507f1f77bcf86cd799439011',
  name: 'White hanging heart T-light holder',
  price: 2.55,
  currency: 'GBP',
}

async function inGroups<T, R>(
  items: readonly T[],
  work: (group: readonly T[]) => Promise<R[]>,
): Promise<R[]> {
  const results: R[] = []
  for (let from = 0; from < items.length; from += GROUP)
    results.push(...(await work(items.slice(from, from + GROUP))))
  return results
}
