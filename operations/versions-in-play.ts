import type { Kysely } from 'kysely'
import { listLatestVersions, listLiveDefinitions } from '../db/live-definitions.ts'
import type { Database } from '../db/schema.ts'
import { DomainError, type Finding } from '../domain/errors.ts'
import { child } from '../domain/json-pointer.ts'
import type { BookVersion } from '../domain/journeys/compile-rule-book.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { checkJourney } from '../domain/journeys/journey-problems.ts'
import { runContent } from '../domain/journeys/run-content.ts'
import { contentHash } from './content-hash.ts'
import { takeFromLibrary } from './take-from-library.ts'

export interface VersionInPlay extends BookVersion {
  /** Not published: it stands for the version that would come next. */
  readonly draft: boolean
}

export interface PlayInput {
  /** Drafts, as somebody wrote them. */
  readonly definitions: readonly unknown[]
  /** Only the drafts; else the live versions of all other journeys take part too. */
  readonly alone: boolean
}

/**
 * The versions that a simulation or a backtest plays: drafts, checked as if they were published, and
 * beside them what is live. A draft takes the place of its journey's live version.
 *
 * @throws {DomainError} `unacceptable` with everything that is wrong with the drafts, each finding
 * under `/definitions/<place>`
 */
export async function versionsInPlay(
  { db }: { readonly db: Kysely<Database> },
  { definitions, alone }: PlayInput,
): Promise<{ versions: VersionInPlay[]; warnings: readonly Finding[] }> {
  const { drafts, warnings } = await readDrafts(db, definitions)
  const keys = drafts.map(({ key }) => key)
  const live = alone ? [] : await listLiveDefinitions(db)
  const latest = new Map(
    (await listLatestVersions(db, keys)).map((row) => [row.key, row.latestVersion]),
  )
  const versions = [
    ...drafts.map((journey) => ({
      journey,
      version: (latest.get(journey.key) ?? 0) + 1,
      hash: contentHash(runContent(journey)),
      live: true,
      draft: true,
    })),
    ...live
      .filter(({ journey }) => !keys.includes(journey.key))
      .map((version) => ({ ...version, live: true, draft: false })),
  ]
  return { versions, warnings }
}

async function readDrafts(
  db: Kysely<Database>,
  definitions: readonly unknown[],
): Promise<{ drafts: Journey[]; warnings: Finding[] }> {
  const drafts: Journey[] = []
  const findings: Finding[] = []
  for (const [index, definition] of definitions.entries()) {
    const place = child('/definitions', index)
    const checked = checkJourney(definition)
    findings.push(...checked.findings.map((each) => ({ ...each, path: place + each.path })))
    if (checked.journey === null) continue
    const { journey, findings: taken } = await takeFromLibrary(db, checked.journey)
    findings.push(
      ...taken
        .filter(({ severity }) => severity === 'error')
        .map((each) => ({ ...each, path: place + each.path })),
    )
    if (drafts.some(({ key }) => key === journey.key))
      findings.push({
        code: 'duplicate_key',
        path: `${place}/key`,
        message: `"${journey.key}" stands here twice; give one draft for each journey.`,
        severity: 'error',
      })
    drafts.push(journey)
  }
  const warnings = findings.filter(({ severity }) => severity === 'warning')
  if (warnings.length < findings.length)
    throw new DomainError('unacceptable', 'A draft could not be published as it is.', findings)
  return { drafts, warnings }
}
