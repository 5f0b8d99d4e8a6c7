import type { RecordedEvent } from '../domain/backtest/recorded.ts'
import { readOrderEvents } from '../dev/demo/order-file.ts'
import type { IncomingEvent } from '../operations/incoming-event.ts'

const DAY_MS = 86_400_000

/**
 * A shop's past for as many customers as wanted: the orders and returns of the Online Retail data that
 * the project carries, moved so that they end now. Its customers are repeated as often as it takes,
 * each time a day earlier and under other ids: real rhythms, but not so many real people.
 */
export async function pastOf(customers: number, nowMs: number): Promise<IncomingEvent[]> {
  const recorded: RecordedEvent[] = []
  for await (const event of readOrderEvents()) recorded.push(event)
  const names = [...new Set(recorded.map(({ userId }) => userId))]
  const places = new Map(names.map((name, place) => [name, place]))
  const lastMs = recorded.reduce((last, event) => Math.max(last, instantOf(event)), 0)
  const events: IncomingEvent[] = []
  for (let copy = 0; copy * names.length < customers; copy++)
    for (const event of recorded) {
      const { userId, event: name, messageId, properties } = event
      if (copy * names.length + (places.get(userId) ?? 0) >= customers) continue
      events.push({
        type: 'track',
        messageId: `${messageId}/${copy}`,
        userId: `${userId}-${copy}`,
        event: name,
        properties,
        timestampMs: instantOf(event) - lastMs + nowMs - copy * DAY_MS,
        historical: true,
      })
    }
  return events.toSorted((one, other) => (one.timestampMs ?? 0) - (other.timestampMs ?? 0))
}

const instantOf = ({ timestamp }: RecordedEvent): number => Date.parse(timestamp)
