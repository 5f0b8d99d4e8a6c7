import { listWorth } from '../db/stored-facts.ts'
import { minorUnits } from '../domain/customers/facts.ts'
import type { ApiDeps } from './deps.ts'

/** What a customer's purchases so far are worth by all that is stored: `customer.value`, for people. */
export async function readValue(
  { db, rules }: Pick<ApiDeps, 'db' | 'rules'>,
  customerId: string,
): Promise<{ amount: number; currency: string | null }> {
  const { purchase, currency = null } = (await rules.getRules(db)).book.lifecycle
  const values = await listWorth(db, customerId, { name: purchase.event, property: purchase.value })
  const minor = values.reduce<number>((sum, value) => sum + minorUnits(value), 0)
  return { amount: minor / 100, currency }
}
