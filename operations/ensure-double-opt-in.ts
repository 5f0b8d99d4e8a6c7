import { readFileSync } from 'node:fs'
import { findLatestVersion } from '../db/journey-versions.ts'
import { DomainError } from '../domain/errors.ts'
import { publishJourney, type PublishDeps } from './publish-journey.ts'

/** The journey that sends the mails of requests for consent. */
export const DOUBLE_OPT_IN = 'double-opt-in'

const DEFINITION = new URL('built-in/double-opt-in.json', import.meta.url)

/** Publishes the journey that comes with Rumbo, unless there is one of that key: then it is theirs. */
export async function ensureDoubleOptIn(deps: PublishDeps): Promise<void> {
  if ((await findLatestVersion(deps.db, DOUBLE_OPT_IN)) !== undefined) return
  const definition: unknown = JSON.parse(readFileSync(DEFINITION, 'utf8'))
  const note = 'comes with Rumbo'
  try {
    await publishJourney(deps, { keyId: null, definition, note, base: 0 })
  } catch (error) {
    // Somebody published their own in the same instant.
    if (!(error instanceof DomainError) || error.code !== 'newer_version') throw error
  }
}
