import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import type { IsoDuration } from '../domain/journeys/values.ts'
import { durationMs, toIso } from '../domain/time.ts'
import { moveActorClock, readActorClock } from './actor-clock.ts'
import { alignActorClock } from './align-actor-clock.ts'
import { startActor } from './start-actor.ts'

/** How long a caller waits for a leap before being told how far it came. */
const LEAP_MS_MAX = 30_000
const IDLE_POLL_MS = 20

export interface FastForwardDeps {
  readonly db: Kysely<Database>
  readonly client: () => Client
  /** Whether this deployment allows it: `RUMBO_TIME_TRAVEL`. */
  readonly timeTravel: boolean
}

export interface FastForwardInput {
  readonly customerId: string
  readonly by: IsoDuration
  readonly keyId: string | null
}

/**
 * Moves a test customer's clock forward and answers when its actor is idle at the new clock, from
 * which clock to which. Everything that falls due in between happens on the real engine.
 *
 * @throws {DomainError} `time_travel_off` · `unacceptable`: not a test customer · `not_found` ·
 *   `time_travel_pending`: 30 s were not enough; names the clock reached and what is pending
 */
export async function fastForward(
  { db, client: connect, timeTravel }: FastForwardDeps,
  { customerId, by, keyId }: FastForwardInput,
): Promise<{ fromMs: number; clockMs: number }> {
  if (!timeTravel)
    throw new DomainError(
      'time_travel_off',
      'Time travel is switched off here. Set RUMBO_TIME_TRAVEL=on to allow it for test customers.',
    )
  const customer = await db
    .selectFrom('customers')
    .select(['test'])
    .where('customer_id', '=', customerId)
    .executeTakeFirst()
  if (customer === undefined)
    throw new DomainError('not_found', `There is no customer ${customerId}.`)
  if (!customer.test)
    throw new DomainError(
      'unacceptable',
      `Customer ${customerId} is not a test customer: only their clocks can be moved.`,
    )
  const client = connect()
  const untilMs = Date.now() + LEAP_MS_MAX
  await startActor(client, customerId)
  await alignActorClock({ db, client }, customerId)
  const before = await untilIdle(db, client, customerId, untilMs)
  const moved = await moveActorClock(client, {
    customerId,
    byMs: durationMs(by),
    timeoutMs: Math.max(1, untilMs - Date.now()),
  })
  // What its journeys made on the way comes back through the log.
  const after = await settle(db, client, customerId, untilMs)
  const clockMs = after.clockMs ?? moved.clockMs
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('customers')
      .set({ clock_offset_ms: clockMs - Date.now() })
      .where('customer_id', '=', customerId)
      .execute()
    await recordCommand(trx, {
      keyId,
      action: 'test-customer.fast-forward',
      target: `customer/${customerId}`,
      before: { clock: toIso(before) },
      after: { by, clock: toIso(clockMs) },
    })
  })
  if (!moved.isThere || after.pending.length > 0) {
    throw new DomainError(
      'time_travel_pending',
      `After ${LEAP_MS_MAX / 1_000} s the clock of customer ${customerId} stands at ${toIso(clockMs)}. Pending: ${after.pending.join(', ') || 'nothing'}.`,
    )
  }
  return { fromMs: before, clockMs }
}

/** Waits until the actor is idle; answers its clock. */
async function untilIdle(
  db: Kysely<Database>,
  client: Client,
  customerId: string,
  untilMs: number,
): Promise<number> {
  const { clockMs, pending } = await settle(db, client, customerId, untilMs)
  if (clockMs !== undefined && pending.length === 0) return clockMs
  throw new DomainError(
    'time_travel_pending',
    `The clock of customer ${customerId} was not moved: it is still busy. Pending: ${pending.join(', ')}.`,
  )
}

/**
 * Waits until everything that was said so far has reached the actor and is dealt with, or the time
 * is up; answers its clock, where one runs, and what is still pending.
 */
async function settle(
  db: Kysely<Database>,
  client: Client,
  customerId: string,
  untilMs: number,
): Promise<{ clockMs: number | undefined; pending: string[] }> {
  for (;;) {
    const waiting = await waitingRows(db, customerId)
    const clock = await readActorClock(client, customerId)
    const pending = [...waiting, ...(clock?.pending ?? ['the start of its actor'])]
    if (pending.length === 0 || Date.now() >= untilMs) return { clockMs: clock?.clockMs, pending }
    await sleep(IDLE_POLL_MS)
  }
}

async function waitingRows(db: Kysely<Database>, customerId: string): Promise<string[]> {
  const events = await db
    .selectFrom('events')
    .select('seq')
    .where('customer_id', '=', customerId)
    .where('status', '=', 'pending')
    .limit(1)
    .execute()
  const batches = await db
    .selectFrom('batches')
    .select('n')
    .where('customer_id', '=', customerId)
    .where('delivered_at', 'is', null)
    .limit(1)
    .execute()
  return [
    ...(events.length > 0 ? ['events to be dispatched'] : []),
    ...(batches.length > 0 ? ['a batch to be delivered'] : []),
  ]
}
