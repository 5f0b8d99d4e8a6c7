import { sql, type Transaction } from 'kysely'
import type { FactChange } from '../domain/actor/inputs.ts'
import { CASE_JOINED, caseProperties } from '../domain/cases/hear-case-event.ts'
import type { JoinedCase } from '../domain/cases/join-cases.ts'
import { currentFacts, factChange } from '../domain/customers/fact-change.ts'
import { mergeProfiles, withReckoned } from '../domain/customers/golden-record.ts'
import { invariant } from '../domain/errors.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { JsonObject } from '../domain/json.ts'
import { takeOverAgentTasks } from './agent-tasks.ts'
import { followAddresses } from './audience-addresses.ts'
import { takeOverUploads } from './audience-uploads.ts'
import { reckonCases, takeOverCases } from './cases.ts'
import { takeOverRequests } from './consent-requests.ts'
import { takeOverConsents } from './consents.ts'
import { lockProfiles, updateProfiles, type LockedProfile } from './customer-profiles.ts'
import { takeOverMemberships } from './audience-watches.ts'
import { takeOverDevices } from './devices.ts'
import { appendCommands } from './event-log.ts'
import { takeOverExclusions } from './exclusions.ts'
import { findCaseSettings, findIdentitySettings } from './rule-documents.ts'
import { takeOverFindings } from './trait-findings.ts'
import { endMerges, lockMerge, lockMergeSides, type MergeRow } from './merges.ts'
import { settleLinks } from './pending-links.ts'
import type { Database } from './schema.ts'
import { insertSystemEvents } from './system-events.ts'

/** What the loser of a merge leaves to the winner. */
export interface Legacy {
  readonly mergeId: string
  /** What its actor held; for the winner's actor, and not looked into here. */
  readonly exported: JsonObject
  /** The runs that are in it. */
  readonly runIds: readonly string[]
  /** The last batch that the loser's actor has handled: what came after is the winner's. */
  readonly lastBatch: number
}

/**
 * Makes two customers one: everything that leads to the loser leads to the winner from this commit on.
 * What the loser's actor has handled stays as it is, under its id: the log is only ever appended to.
 * What it has not handled becomes the winner's, behind the command `absorb`, which tells the winner's
 * actor what the loser's held. Answers whom something waits for; null where this was done before, or is
 * not to be done any more.
 *
 * The caller holds the book in force. Locks: both customers, by id, then links, then the merge.
 *
 * Why no event is lost, or heard by both. Whoever appends to the loser's log holds its row, as this
 * does: what was committed before is moved here, and who comes later sees `merged_into`. A batch that is
 * on its way to the loser is later than `lastBatch` or was handled; if it is later, its rows are moved,
 * its own row is gone, and the actor ignores it.
 */
export async function takeOver(
  trx: Transaction<Database>,
  book: RuleBook,
  { mergeId, exported, runIds, lastBatch }: Legacy,
  nowMs: number,
): Promise<string[] | null> {
  await lockMergeSides(trx, mergeId)
  const merge = await lockMerge(trx, { mergeId })
  if (merge?.status !== 'leaving') return null
  const { loser, winner } = merge
  const profiles = await lockProfiles(trx, [loser, winner])
  const [before, gone] = [winner, loser].map((id) =>
    profiles.find(({ customerId }) => customerId === id),
  )
  invariant(before?.mergedInto === null && gone?.mergedInto === null, 'both are there, and apart')

  const rows = await moveRows(trx, { loser, winner, lastBatch })
  await moveCustomer(trx, merge)
  await sql`update identities set customer_id = ${winner} where customer_id = ${loser}`.execute(trx)
  await moveRuns(trx, { winner, runIds })
  const { traits: traitRules } = await findIdentitySettings(trx)
  await takeOverDevices(trx, { loser, winner })
  await takeOverMemberships(trx, { loser, winner })
  const hasDevice = before.hasDevice === true || gone.hasDevice === true
  const at = new Date(nowMs + before.clockOffsetMs)
  const joined = await takeOverCases(trx, { loser, winner }, await findCaseSettings(trx))
  await takeOverAgentTasks(trx, { loser, winner })
  const reckoned = await reckonCases(trx, winner)
  const after = withReckoned(mergeProfiles(before, gone, traitRules), reckoned, at.getTime())
  await updateProfiles(trx, [{ ...after, customerId: winner }])
  const consents = await takeOverConsents(trx, { loser, winner, at })
  await takeOverUploads(trx, { loser, winner })
  await followAddresses(trx, [winner])
  await takeOverRequests(trx, { loser, winner, at })
  await takeOverFindings(trx, { loser, winner, at })
  const exclusions = await takeOverExclusions(trx, { loser, winner, at })

  const hearsOfCases = joined.length > 0 && Object.hasOwn(book.events, CASE_JOINED)
  const inherits = rows + consents + exclusions + runIds.length > 0
  const isTold = !before.unheard || inherits || hearsOfCases
  if (isTold) {
    const payload = { mergeId, from: exported }
    const facts = factsOf(before, { ...before, ...after, hasDevice }, book)
    await withoutOlderFacts(trx, winner, facts)
    const absorb = { customerId: winner, messageId: `absorb:${mergeId}`, payload, facts }
    await appendCommands(trx, 'absorb', { nowMs, commands: [absorb] })
    await withdrawAgain(trx, { winner, mergeId, nowMs })
  }
  // Behind `absorb`, which brings all facts.
  const profile = { ...before, ...after, hasDevice, unheard: false }
  await insertSystemEvents(trx, book, joined.map(joinedEvent(profile, mergeId, at.getTime())))
  const linkIds = await settleLinks(trx, winner)
  await endMerges(trx, mergeId, { linkIds, at: new Date(nowMs) })
  return isTold ? [winner] : []
}

/** Rules know a case by its id: those that hold for the one that ends must hear that it did. */
const joinedEvent =
  (profile: LockedProfile, mergeId: string, atMs: number) =>
  ({ goesOn, ends, state }: JoinedCase) => ({
    profile,
    name: CASE_JOINED,
    messageId: `case-joined:${mergeId}:${ends}`,
    properties: { ...caseProperties(ends, state), case_joined_to: goesOn },
    atMs,
  })

/** Answers how many. What a row says about facts is part of the profile of both by now. */
async function moveRows(
  trx: Transaction<Database>,
  { loser, winner, lastBatch }: { loser: string; winner: string; lastBatch: number },
): Promise<number> {
  const { numAffectedRows } = await sql`
    update events set customer_id = ${winner}, status = 'pending', batch = null,
      facts = case when facts is not null then '{}'::jsonb end
    where customer_id = ${loser} and (status = 'pending' or batch > ${lastBatch}::int)`.execute(trx)
  await sql`delete from batches where customer_id = ${loser}`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

/** Whoever was merged into the loser before is the winner's too. A delivery under way marks nothing. */
async function moveCustomer(
  trx: Transaction<Database>,
  { loser, winner }: MergeRow,
): Promise<void> {
  await sql`update customers set merged_into = ${winner}, delivery_epoch = delivery_epoch + 1
    where customer_id = ${loser}`.execute(trx)
  await sql`update customers set merged_into = ${winner} where customer_id in (
    select customer_id from customers where merged_into = ${loser} order by customer_id for no key update)`.execute(
    trx,
  )
  // Of two test customers both live by the later clock.
  await sql`update customers set clock_offset_ms = greatest(clock_offset_ms, (
      select clock_offset_ms from customers where customer_id = ${loser}))
    where customer_id = ${winner}`.execute(trx)
}

/** Runs keep their ids; from here on the winner's actor, which counts turns of its own, writes them. */
async function moveRuns(
  trx: Transaction<Database>,
  { winner, runIds }: { winner: string; runIds: readonly string[] },
): Promise<void> {
  if (runIds.length === 0) return
  await sql`update runs set customer_id = ${winner}, turn = 0
    where run_id = any(${runIds}::text[])`.execute(trx)
  await sql`update migration_runs set customer_id = ${winner}
    where run_id = any(${runIds}::text[])`.execute(trx)
}

/**
 * `absorb` is heard before what waits in the winner's log: of a value whose place it has taken a row there
 * must not tell.
 */
async function withoutOlderFacts(
  trx: Transaction<Database>,
  winner: string,
  { traits = {}, has = {}, dates = {}, zone }: FactChange,
): Promise<void> {
  const kinds = Object.entries({ traits, has, dates }).map(
    ([kind, told]) => sql`case when facts -> ${kind} is null then '{}'::jsonb else
      jsonb_build_object(${kind}::text, (facts -> ${kind}) - ${Object.keys(told)}::text[]) end`,
  )
  const moved = zone === undefined ? [] : ['zone']
  await sql`update events set facts = (facts || ${sql.join(kinds, sql` || `)}) - ${moved}::text[]
    where customer_id = ${winner} and status = 'pending' and facts is not null`.execute(trx)
}

/** An actor that has heard nothing yet is told everything. */
const factsOf = (before: LockedProfile, after: LockedProfile, book: RuleBook): FactChange =>
  before.unheard ? currentFacts(after, book) : (factChange(before, after, book) ?? {})

/**
 * The stricter consent is in force for sends with the commit. Rows of the log that still wait may say
 * otherwise to the actor: then they are followed by one that says what is in force.
 */
async function withdrawAgain(
  trx: Transaction<Database>,
  { winner, mergeId, nowMs }: { winner: string; mergeId: string; nowMs: number },
): Promise<void> {
  const { rows } = await sql<{ purpose: string; channel: string }>`
    select k.purpose, k.channel from consents k
    where k.customer_id = ${winner} and not k.granted and (
      select e.payload -> 'granted' from events e
      where e.customer_id = ${winner} and e.status = 'pending' and e.type = 'consent'
        and e.payload ->> 'purpose' = k.purpose and e.payload ->> 'channel' = k.channel
      order by e.seq desc limit 1) = 'true'::jsonb
    order by k.purpose, k.channel`.execute(trx)
  const commands = rows.map(({ purpose, channel }) => ({
    customerId: winner,
    messageId: `consent:${mergeId}:${purpose}:${channel}`,
    payload: { purpose, channel, granted: false },
  }))
  await appendCommands(trx, 'consent', { nowMs, commands })
}
