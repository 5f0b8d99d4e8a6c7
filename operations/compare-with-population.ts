import type { Kysely } from 'kysely'
import {
  countPopulation,
  insertStatistics,
  listRulesToCount,
  tryLockPopulation,
} from '../db/population-statistics.ts'
import { findRulesInForce, readThresholds } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { compileExclusions } from '../domain/contact/compile-exclusions.ts'
import type { ContactRules, ExclusionRule } from '../domain/contact/policy.ts'
import { invariant } from '../domain/errors.ts'
import { canonicalJson } from '../domain/canonical-json.ts'
import { durationMs } from '../domain/time.ts'
import { contentHash } from './content-hash.ts'
import { holdRules, putRulesInForce } from './put-rules-in-force.ts'
import type { PublishedRules } from './published-rules.ts'

/** A population is counted anew when its newest figures are older than this, or than the policy. */
const COUNTED_EVERY_MS = 86_400_000

export interface PopulationDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  /** Real time, epoch milliseconds. */
  readonly now: () => number
}

/**
 * Counts once a day and after each publication, in one process, what the population does, for rules
 * that compare with it; and puts the number that comes of it in force where it is another one. Cost
 * where nothing is due: three reads; without such rules: one.
 */
export async function compareWithPopulation(deps: PopulationDeps): Promise<void> {
  const { book } = await deps.rules.getRules(deps.db)
  const compared = (book.contact?.exclusions ?? []).filter(
    ({ beyond }) => beyond?.deviations !== undefined,
  )
  if (book.contact === undefined || compared.length === 0) return
  await countDue(deps, compared)
  if (withThresholds(book.contact, await readThresholds(deps.db)) !== null) await putInForce(deps)
}

async function countDue({ db, now }: PopulationDeps, compared: readonly ExclusionRule[]) {
  const names = compared.map(({ name }) => name)
  const at = new Date(now())
  const publishedAt = (await findRulesInForce(db, 'contact-policy'))?.publishedAt
  const since = new Date(
    Math.max(at.getTime() - COUNTED_EVERY_MS, publishedAt?.getTime() ?? -Infinity),
  )
  if ((await listRulesToCount(db, names, since)).length === 0) return
  await db.transaction().execute(async (trx) => {
    if (!(await tryLockPopulation(trx))) return
    const due = new Set(await listRulesToCount(trx, names, since))
    for (const { name, open = [], per = null, beyond } of compared) {
      if (!due.has(name) || beyond?.deviations === undefined) continue
      const counted = await countPopulation(trx, {
        names: open.map(({ event }) => event),
        per,
        after: new Date(at.getTime() - durationMs(beyond.window)),
        until: at,
      })
      const threshold = counted.mean + beyond.deviations * counted.deviation
      await insertStatistics(trx, name, counted, { threshold, at })
    }
  })
}

/** The rules with the newest numbers; null where they have them. */
function withThresholds(
  contact: ContactRules,
  thresholds: Record<string, number>,
): ContactRules | null {
  const exclusions = compileExclusions(contact.exclusions, thresholds)
  if (canonicalJson(exclusions) === canonicalJson(contact.exclusions)) return null
  const { hash: _, ...content } = { ...contact, exclusions }
  return { ...content, hash: contentHash(content) }
}

async function putInForce({ db, now }: PopulationDeps): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const held = await holdRules(trx)
    const { contact: before } = held.book
    const contact = before === undefined ? null : withThresholds(before, await readThresholds(trx))
    // Another process was faster, or another policy was published meanwhile.
    if (contact === null) return
    const findings = await putRulesInForce(trx, held, new Date(now()), { contact })
    invariant(findings.length === 0, 'a number in a rule book does not make it too large')
  })
}
