import type { Kysely } from 'kysely'
import type { CallRequest } from '../domain/actor/effects.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Database } from './schema.ts'
import { CONSENTS, type ConsentRow } from './sends.ts'
import { survivorOf } from './survivors.ts'

/** What a webhook step is called with, read in one query and as of one instant. */
export interface CallFacts {
  readonly journey: Journey
  readonly test: boolean
  readonly zone: string
  readonly traits: JsonObject
  readonly consents: readonly ConsentRow[]
  /** All of them, where the run was entered by an event. */
  readonly entryProperties: JsonObject | null
}

/** Of a customer who was merged meanwhile: of the survivor. Undefined where there is none (any more). */
export async function findCallFacts(
  db: Kysely<Database>,
  { customerId, journey, version, entry }: CallRequest,
): Promise<CallFacts | undefined> {
  const row = await db
    .selectFrom('customers as c')
    .innerJoin('journey_versions as v', (join) =>
      join.on('v.key', '=', journey).on('v.version', '=', version),
    )
    .leftJoin('events as e', (join) => join.on('e.seq', '=', entry.seq))
    .where('c.customer_id', '=', survivorOf(customerId))
    .where('c.erasing_at', 'is', null)
    .select(['v.definition', 'c.test', 'c.zone', 'c.traits', 'e.properties as entryProperties'])
    .select(CONSENTS.as('consents'))
    .executeTakeFirst()
  if (!row) return undefined
  const { definition, ...facts } = row
  return { journey: definition, ...facts }
}
