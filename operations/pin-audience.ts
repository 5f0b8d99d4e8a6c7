import type { Kysely } from 'kysely'
import { AUDIENCES } from '../db/audiences.ts'
import type { Database } from '../db/schema.ts'
import type { Finding } from '../domain/errors.ts'
import type { Journey } from '../domain/journeys/journey.ts'

/**
 * A journey with the version of the audience that enters it, by its hash: so who enters is part of what
 * the journey's own hash is over. One that names a hash stays with it.
 */
export async function pinAudience(
  db: Kysely<Database>,
  journey: Journey,
): Promise<{ readonly journey: Journey; readonly findings: readonly Finding[] }> {
  const { audience } = journey.entry
  if (audience === undefined) return { journey, findings: [] }
  const { key, hash } = audience
  const found =
    hash === undefined
      ? await AUDIENCES.find(db, key)
      : await AUDIENCES.findContent(db, { key, hash })
  if (found !== undefined) {
    const pinned = { ...audience, hash: found.hash }
    return { journey: { ...journey, entry: { ...journey.entry, audience: pinned } }, findings: [] }
  }
  const isKnown = hash !== undefined && (await AUDIENCES.find(db, key)) !== undefined
  return {
    journey,
    findings: [
      {
        code: 'unknown_audience',
        path: isKnown ? '/entry/audience/hash' : '/entry/audience/key',
        message: isKnown
          ? `No version of the audience "${key}" has this hash; take it out to get the latest one.`
          : `There is no audience "${key}"; publish it first.`,
        severity: 'error',
      },
    ],
  }
}
