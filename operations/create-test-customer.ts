import { randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import type { Database } from '../db/schema.ts'
import { findTombstones, tombstoneOf } from '../db/tombstones.ts'
import { DomainError } from '../domain/errors.ts'
import type { JsonObject } from '../domain/json.ts'
import type { EventAcceptor } from './accept-events.ts'
import { startActor } from './start-actor.ts'

export interface TestCustomerDeps {
  readonly db: Kysely<Database>
  readonly client: () => Client
  readonly acceptor: Pick<EventAcceptor, 'accept'>
  /** Real time, epoch milliseconds. */
  readonly now: () => number
  /** What names of people who were erased are told by. */
  readonly tombstoneSecret: string
}

export interface TestCustomerInput {
  /** Made up where it is left out. */
  readonly userId?: string
  readonly traits: JsonObject
  /** Where messages go; the outbox where it is left out. Never to the address in the traits. */
  readonly deliverTo?: string
  readonly keyId: string | null
}

/**
 * A customer whose clock can be moved: an actor like any other, left out of reports, whose messages
 * reach no stranger. The actor starts at once, since only a running one can be moved.
 *
 * @throws {DomainError} `conflict`: the user id belongs to a customer already
 */
export async function createTestCustomer(
  deps: TestCustomerDeps,
  input: TestCustomerInput,
): Promise<{ customerId: string; userId: string }> {
  const { userId = `test-${randomUUID()}`, traits, deliverTo = null, keyId } = input
  const customerId = randomUUID()
  const createdAt = new Date(deps.now())
  const stone = tombstoneOf(deps.tombstoneSecret, { kind: 'user', value: userId })
  await deps.db.transaction().execute(async (trx) => {
    if ((await findTombstones(trx, [stone])).size > 0)
      throw new DomainError('conflict', 'Somebody of this user id was erased.')
    await trx
      .insertInto('customers')
      .values({
        customer_id: customerId,
        test: true,
        known: true,
        deliver_to: deliverTo,
        created_at: createdAt,
      })
      .execute()
    const identity = await trx
      .insertInto('identities')
      .values({ kind: 'user', value: userId, customer_id: customerId, created_at: createdAt })
      .onConflict((oc) => oc.doNothing())
      .returning('value')
      .executeTakeFirst()
    if (identity === undefined)
      throw new DomainError('conflict', `The user id ${userId} belongs to a customer already.`)
    await recordCommand(trx, {
      keyId,
      action: 'test-customer.create',
      target: `customer/${customerId}`,
      before: null,
      after: { userId },
    })
  })
  await startActor(deps.client(), customerId)
  await deps.acceptor.accept([
    {
      type: 'identify',
      messageId: `test-customer-${customerId}`,
      userId,
      traits,
      historical: false,
    },
  ])
  return { customerId, userId }
}
