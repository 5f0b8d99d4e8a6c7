import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { insertJob, type JobRow } from '../db/jobs.ts'
import { listLiveDefinitions } from '../db/live-definitions.ts'
import { lastSeq } from '../db/recorded-customers.ts'
import type { Database } from '../db/schema.ts'
import type { BacktestJobInput } from '../domain/backtest/job-input.ts'
import type { Assumptions } from '../domain/backtest/recorded.ts'
import { DomainError, type Finding } from '../domain/errors.ts'
import { missingFacts } from '../domain/facts/missing-facts.ts'
import { bookFindings } from '../domain/journeys/compile-rule-book.ts'
import { publishedAs } from '../domain/simulation.ts'
import { rulesInPlay, type RuleDrafts } from './rules-in-play.ts'
import { versionsInPlay } from './versions-in-play.ts'

const DAY_MS = 86_400_000
const DAYS_MAX = 3_660

export interface BacktestRequest extends RuleDrafts {
  /** Drafts, as somebody wrote them. */
  readonly definitions: readonly unknown[]
  readonly fromMs: number
  readonly toMs: number
  readonly sample: number
  readonly assume: Assumptions
  readonly compare: boolean
  readonly keyId: string | null
}

export interface StartBacktestDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
  /** Told that there is a job for the engine, after the commit. Must not throw. */
  readonly onJob: () => void
}

/**
 * Stores a backtest to be carried out, with everything that it depends on fixed, and tells the
 * engine. With the engine away it waits, and begins when that is back.
 *
 * @throws {DomainError} `unacceptable` with all that is wrong with window and drafts
 */
export async function startBacktest(
  { db, now, onJob }: StartBacktestDeps,
  request: BacktestRequest,
): Promise<{ job: JobRow; warnings: readonly Finding[] }> {
  refuse(windowFindings(request))
  const { versions, warnings } = await versionsInPlay(
    { db },
    { definitions: request.definitions, alone: false },
  )
  const beside = await rulesInPlay({ db }, request)
  const drafts = versions.filter(({ draft }) => draft)
  const changes = drafts.length + Object.keys(beside.drafts).length
  refuse(playFindings(request, versions.length, changes))
  const { book } = publishedAs(versions, beside.rules)
  refuse([
    ...missingFacts({ journeys: versions, ...beside.rules, audiences: [] }, beside.rules.facts),
    ...bookFindings(book),
  ])

  const input: BacktestJobInput = {
    from: new Date(request.fromMs).toISOString(),
    to: new Date(request.toMs).toISOString(),
    sample: request.sample,
    assume: request.assume,
    compare: request.compare,
    live: (await listLiveDefinitions(db)).map(({ journey, version }) => ({
      key: journey.key,
      version,
    })),
    drafts: drafts.map(({ journey, version, hash }) => ({ journey, version, hash })),
    ...(Object.keys(beside.drafts).length === 0 ? {} : { rules: beside.drafts }),
    bookHash: beside.bookHash,
    ...(book.facts === undefined ? {} : { facts: book.facts }),
    throughSeq: await lastSeq(db),
  }
  const job = await db.transaction().execute(async (trx) => {
    const jobId = randomUUID()
    const { from, to, sample, compare } = input
    await recordCommand(trx, {
      keyId: request.keyId,
      action: 'backtest.start',
      target: `job/${jobId}`,
      before: null,
      after: {
        from,
        to,
        sample,
        compare,
        drafts: input.drafts.map(({ journey }) => journey.key),
        ...(input.rules === undefined ? {} : { rules: Object.keys(input.rules) }),
      },
    })
    const createdAt = new Date(now())
    return insertJob(trx, { jobId, kind: 'backtest', input, createdAt, createdBy: request.keyId })
  })
  onJob()
  return { job, warnings: [...warnings, ...beside.warnings] }
}

function windowFindings({ fromMs, toMs }: BacktestRequest): Finding[] {
  if (toMs <= fromMs)
    return [
      finding('ends_too_early', '/to', 'The window ends before it begins; put "to" after "from".'),
    ]
  if (toMs - fromMs > DAYS_MAX * DAY_MS)
    return [
      finding('ends_too_late', '/to', `A window has at most ${DAYS_MAX} days; make it shorter.`),
    ]
  return []
}

function playFindings({ compare }: BacktestRequest, versions: number, changes: number): Finding[] {
  if (versions === 0)
    return [
      finding('nothing_to_play', '/definitions', 'No journey is live; send at least one draft.'),
    ]
  if (compare && changes === 0)
    return [
      finding(
        'nothing_to_compare',
        '/definitions',
        'Send the drafts, of journeys or of rules, that are to be compared with what is live.',
      ),
    ]
  return []
}

const finding = (code: string, path: string, message: string): Finding => ({
  code,
  path,
  message,
  severity: 'error',
})

function refuse(findings: readonly Finding[]): void {
  if (findings.length > 0)
    throw new DomainError('unacceptable', 'This backtest cannot be carried out.', findings)
}
