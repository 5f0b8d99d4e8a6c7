import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Finding } from '../domain/errors.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { pinAudience } from './pin-audience.ts'
import { takeFromLibrary } from './take-from-library.ts'

/** A journey with what it names of other documents, as they are now; its own hash is over all of it. */
export interface PinnedJourney {
  readonly journey: Journey
  /** An error among them keeps it from being published. */
  readonly findings: readonly Finding[]
}

/** Fills in by hash who enters a journey and what it says. */
export async function pinJourney(db: Kysely<Database>, journey: Journey): Promise<PinnedJourney> {
  const taken = await takeFromLibrary(db, journey)
  const pinned = await pinAudience(db, taken.journey)
  return { journey: pinned.journey, findings: [...pinned.findings, ...taken.findings] }
}
