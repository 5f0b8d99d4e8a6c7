import { setTimeout as sleep } from 'node:timers/promises'
import { storeEvents, type BenchCustomer } from './customers.ts'
import { COUNTED_EVENT, FILTERED_EVENT, MESSAGE_EVENT } from './journeys.ts'
import type { System } from './system.ts'

const REST_MS = 500
const REST_MS_MAX = 20_000

/** What one case added to an actor's history on the engine. */
export interface HistoryCost {
  readonly name: string
  /** Types of the events, in order. */
  readonly events: readonly string[]
  readonly max: number
}

/** Read from the histories of three customers whose actors have been running. */
export async function measureHistories(
  system: System,
  customers: readonly BenchCustomer[],
): Promise<HistoryCost[]> {
  const cost = async (
    name: string,
    max: number,
    customer: BenchCustomer | undefined,
    event: string,
    each = 1,
  ): Promise<HistoryCost> => {
    if (customer === undefined) throw new Error('Too few customers')
    const before = await restingHistory(system, customer)
    await storeEvents(system, [customer], event, each)
    const dispatcher = await system.dispatch()
    dispatcher.wake([customer.customerId])
    const after = await restingHistory(system, customer)
    await dispatcher.stop()
    return { name, max, events: after.slice(before.length) }
  }
  const [first, second, third] = customers
  return [
    await cost('filtered event', 0, first, FILTERED_EVENT),
    await cost('delivery that decides nothing, 1 event', 4, first, COUNTED_EVENT),
    await cost('delivery that decides nothing, 20 events', 4, second, COUNTED_EVENT, 20),
    await cost('journey of one message, trigger to end', 20, third, MESSAGE_EVENT),
  ]
}

/** The types of all events, once none has been added for a while. */
async function restingHistory(
  { client }: System,
  { workflowId }: BenchCustomer,
): Promise<string[]> {
  const deadline = performance.now() + REST_MS_MAX
  let types: string[] = []
  let changedAt = performance.now()
  while (performance.now() < deadline) {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
    const found = (events ?? []).map(
      (event) =>
        Object.keys(event)
          .find((name) => name.endsWith('EventAttributes'))
          ?.replace('EventAttributes', '') ?? '?',
    )
    if (found.length !== types.length) changedAt = performance.now()
    types = found
    const isAtRest = types.at(-1) !== undefined && !OPEN.has(types.at(-1) ?? '')
    if (isAtRest && performance.now() - changedAt > REST_MS) return types
    await sleep(50)
  }
  throw new Error(`The history of ${workflowId} does not come to rest`)
}

/** Somebody is working on it. */
const OPEN = new Set([
  'workflowExecutionSignaled',
  'workflowTaskScheduled',
  'workflowTaskStarted',
  'activityTaskScheduled',
  'activityTaskStarted',
])
