import type { Kysely } from 'kysely'
import { LIBRARY_MESSAGES } from '../db/library-messages.ts'
import type { Database } from '../db/schema.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import {
  takeMessages,
  usesLibrary,
  type Shelf,
  type TakenMessages,
} from '../domain/library/take-messages.ts'

/** A journey with the messages of the library that it uses, as the library has them now. */
export async function takeFromLibrary(
  db: Kysely<Database>,
  journey: Journey,
): Promise<TakenMessages> {
  if (!usesLibrary(journey)) return { journey, findings: [] }
  const shelves = new Map<string, Shelf>()
  for (const { use: key, hash } of Object.values(journey.messages ?? {})) {
    if (key === undefined) continue
    const latest = await LIBRARY_MESSAGES.find(db, key)
    if (latest === undefined) continue
    const named =
      hash === undefined ? undefined : await LIBRARY_MESSAGES.findContent(db, { key, hash })
    shelves.set(shelfName({ use: key, hash }), { latest, named })
  }
  return takeMessages(journey, (message) => shelves.get(shelfName(message)))
}

const shelfName = ({ use, hash }: { use?: string; hash?: string | undefined }): string =>
  `${use} ${hash}`
