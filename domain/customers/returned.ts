import type { JsonObject, JsonValue } from '../json.ts'
import { RETURNED_MAX } from '../actor/customer-state.ts'
import type { Facts } from '../actor/customer-state.ts'

/** The event whose orders and products `returned(id)` knows. */
export const RETURN_EVENT = 'Order Refunded'

/** Ids, and in the same order the instant of each one's newest return. */
export type Returned = Pick<Facts, 'returned' | 'returnedAtMs'>

export const NOTHING_RETURNED: Returned = { returned: [], returnedAtMs: [] }

/** The ids of the order and the products that an `Order Refunded` sends back. */
export function returnedIds(properties: JsonObject): string[] {
  const ids: string[] = []
  const add = (id: JsonValue | undefined) => {
    if ((typeof id === 'string' && id !== '') || typeof id === 'number') ids.push(String(id))
  }
  add(properties['order_id'])
  const products = properties['products']
  if (Array.isArray(products)) {
    for (const product of products) {
      if (typeof product === 'object' && product !== null && !Array.isArray(product)) {
        add(product['product_id'])
      }
    }
  }
  return ids
}

/** What is known after `ids` came back at `atMs`. The same returns in any order give the same answer. */
export function addReturned(
  { returned, returnedAtMs }: Returned,
  ids: readonly string[],
  atMs: number,
): Returned {
  return newestReturned({
    returned: [...returned, ...ids],
    returnedAtMs: [...returnedAtMs, ...ids.map(() => atMs)],
  })
}

/** Each id once, at its newest return; the newest `RETURNED_MAX`, ties by id. Any order in, one order out. */
export function newestReturned({ returned, returnedAtMs }: Returned): Returned {
  const newestAtMs = new Map<string, number>()
  for (const [i, id] of returned.entries()) {
    newestAtMs.set(id, Math.max(newestAtMs.get(id) ?? -Infinity, returnedAtMs[i] ?? -Infinity))
  }
  const kept = [...newestAtMs]
    .sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1))
    .slice(-RETURNED_MAX)
  return { returned: kept.map(([id]) => id), returnedAtMs: kept.map(([, atMs]) => atMs) }
}
