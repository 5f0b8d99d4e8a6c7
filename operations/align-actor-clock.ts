import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import { moveActorClock, readActorClock } from './actor-clock.ts'
import { startActor } from './start-actor.ts'

/** Clocks that differ by less agree: time goes on between reading one and the other. */
const TOLERANCE_MS = 1_000
const LEAP_MS_MAX = 20_000

/**
 * Makes sure that a test customer's actor runs and lives at the customer's own clock. An actor that
 * was cancelled or terminated starts again in the present; it is moved to where its customer is
 * before it hears anything.
 *
 * @throws {Error} when 20 s were not enough: to be tried again
 */
export async function alignActorClock(
  { db, client }: { readonly db: Kysely<Database>; readonly client: Client },
  customerId: string,
): Promise<void> {
  const { clock_offset_ms: offsetMs } = await db
    .selectFrom('customers')
    .select('clock_offset_ms')
    .where('customer_id', '=', customerId)
    .executeTakeFirstOrThrow()
  if (offsetMs === 0) return
  let clock = await readActorClock(client, customerId)
  if (clock === undefined) {
    await startActor(client, customerId)
    clock = await readActorClock(client, customerId)
  }
  const behindMs = Date.now() + offsetMs - (clock?.clockMs ?? Date.now())
  if (behindMs < TOLERANCE_MS) return
  const moved = await moveActorClock(client, { customerId, byMs: behindMs, timeoutMs: LEAP_MS_MAX })
  if (!moved.isThere)
    throw new Error(`The clock of test customer ${customerId} is still on its way to where it was`)
}
