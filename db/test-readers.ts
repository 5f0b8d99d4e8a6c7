import type { Kysely } from 'kysely'
import type { LifecycleState } from '../domain/journeys/journey.ts'
import type { MessageFacts } from '../domain/message-scope.ts'
import { LIVE_TOKENS } from './devices.ts'
import type { Database } from './schema.ts'
import { CONSENTS } from './sends.ts'
import { survivorOf } from './survivors.ts'

/** What a preview reads of a customer, as a send would. */
export interface TestReader extends Omit<MessageFacts, 'entryProperties'> {
  readonly test: boolean
  /** Null: no actor has recorded one yet. */
  readonly lifecycle: LifecycleState | null
  readonly devices: readonly string[]
}

/** Undefined where there is none (any more). */
export const findTestReader = (
  db: Kysely<Database>,
  customerId: string,
): Promise<TestReader | undefined> =>
  db
    .selectFrom('customers as c')
    .select([
      'c.test',
      'c.traits',
      'c.zone',
      'c.lifecycle_state as lifecycle',
      CONSENTS.as('consents'),
      LIVE_TOKENS.as('devices'),
    ])
    .where('c.customer_id', '=', survivorOf(customerId))
    .where('c.erasing_at', 'is', null)
    .executeTakeFirst()
