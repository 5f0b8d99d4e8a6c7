import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import { listAudiencesInUse } from '../db/audiences.ts'
import { deletePage, type Retention } from '../db/retained-rows.ts'
import { lockRun, openRun, updateRun, type RetentionRun } from '../db/retention-runs.ts'
import { getBookInForce } from '../db/rule-book-in-force.ts'
import { findFormulas, findRulesInForce } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { countedEvents } from '../domain/retention/counted-events.ts'
import { planRetention, type RetentionPlan } from '../domain/retention/retention-plan.ts'
import { addDeleted, isWalked, nextPart } from '../domain/retention/retention-run.ts'
import type { RetentionActivities } from './contract.ts'

/** Rows of one transaction: some hundredths of a second, so that nobody waits for it. */
const PAGE_ROWS = 2_000
/** Other rules, and events that are counted since, count after so long. */
const ROUND_MS = 5_000

interface Deps {
  readonly db: Kysely<Database>
  /** Real time. */
  readonly now: () => number
}

export const createBeginRetention =
  ({ db, now }: Deps): RetentionActivities['beginRetention'] =>
  async ({ runId }) => {
    if ((await findRulesInForce(db, 'retention')) === undefined) return null
    const run = await openRun(db, { runId, askedAt: new Date(now()), askedBy: null })
    return { runId: run.runId }
  }

/**
 * One round of a run. Each page is one transaction that also says where the run stands, so nothing is
 * counted twice, whoever dies. Rests after each page for as long as it took: half of the store's time is
 * left to others.
 */
export const createRetainSome =
  ({
    db,
    now,
    pageRows = PAGE_ROWS,
    roundMs = ROUND_MS,
  }: Deps & {
    readonly pageRows?: number
    readonly roundMs?: number
  }): RetentionActivities['retainSome'] =>
  async ({ runId }) => {
    const untilMs = performance.now() + roundMs
    const terms = await readTerms(db)
    for (;;) {
      const startedAtMs = performance.now()
      const run = await db
        .transaction()
        .execute((trx) => walkOn(trx, runId, { ...terms, nowMs: now() }, pageRows))
      const endedAtMs = performance.now()
      const isOver = !isOpen(run)
      if (isOver || endedAtMs >= untilMs)
        return { isOver, looked: run.looked, deleted: run.deleted }
      await sleep(endedAtMs - startedAtMs)
    }
  }

interface Terms {
  readonly version: number
  readonly plan: RetentionPlan
}

async function readTerms(db: Kysely<Database>): Promise<Terms> {
  const [rules, book, audiences, formulas] = await Promise.all([
    findRulesInForce(db, 'retention'),
    getBookInForce(db),
    listAudiencesInUse(db),
    findFormulas(db),
  ])
  const counted = countedEvents(book, audiences, formulas)
  return { version: rules?.version ?? 0, plan: planRetention(rules?.document ?? {}, counted) }
}

/** One page, and the run after it. */
async function walkOn(
  trx: Transaction<Database>,
  runId: string,
  { version, ...retention }: Terms & Retention,
  pageRows: number,
): Promise<RetentionRun> {
  const before = await lockRun(trx, runId)
  if (!isOpen(before)) return before
  const at = new Date(retention.nowMs)
  const { heldBack } = retention.plan
  const run = { ...before, version: before.version ?? version, startedAt: before.startedAt ?? at }
  const after =
    run.version === version
      ? await deleteNext(trx, { ...run, heldBack }, retention, pageRows)
      : ended(run, 'superseded', at)
  await updateRun(trx, after)
  return after
}

async function deleteNext(
  trx: Transaction<Database>,
  run: RetentionRun,
  retention: Retention,
  pageRows: number,
): Promise<RetentionRun> {
  const { plan, nowMs } = retention
  const from = isWalked(plan, run.position) ? run.position : nextPart(plan, run.position)
  if (from === null) return ended(run, 'done', new Date(nowMs))
  const { looked, position, deleted } = await deletePage(trx, from, retention, pageRows)
  const walked: RetentionRun = {
    ...run,
    status: 'running',
    looked: run.looked + looked,
    deleted: addDeleted(run.deleted, deleted),
  }
  const next = looked === pageRows ? position : nextPart(plan, position)
  return next === null
    ? ended({ ...walked, position }, 'done', new Date(nowMs))
    : { ...walked, position: next }
}

const ended = (run: RetentionRun, status: RetentionRun['status'], endedAt: Date): RetentionRun => ({
  ...run,
  status,
  endedAt,
})

const isOpen = ({ status }: RetentionRun): boolean => status === 'asked' || status === 'running'
