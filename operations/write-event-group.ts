import type { Transaction } from 'kysely'
import { findStoredEvents } from '../db/event-log.ts'
import { addPlanCounts } from '../db/plan-counts.ts'
import type { Database } from '../db/schema.ts'
import { addTouchpointCounts } from '../db/touchpoint-counts.ts'
import { countDropped } from '../db/tombstones.ts'
import { invariant, type Finding } from '../domain/errors.ts'
import { NO_PLAN } from '../domain/tracking/compile-tracking-plan.ts'
import { findErased } from './erased-names.ts'
import type { Accepted, ArrivedEvent } from './incoming-event.ts'
import { judgeByPlan, planCounts, planRefusal } from './judge-by-plan.ts'
import type { PublishedRules } from './published-rules.ts'
import { touchpointCounts } from './touchpoint-counts.ts'
import { writeFreshEvents } from './write-fresh-events.ts'

/**
 * Stores a group of events: a constant number of statements, however many events it holds.
 *
 * Locks are taken in this order by everybody who appends to the log: rule book (shared), customers
 * by id, identities by key, addresses, message ids. Only the last can meet another process the wrong way round;
 * that one is sent back by the database and tried again.
 *
 * @throws {GroupOvertakenError} nothing is to be kept of `trx`; the group can be tried again.
 */
export async function writeEventGroup(
  trx: Transaction<Database>,
  { rules, tombstoneSecret, slot }: GroupDeps,
  events: readonly ArrivedEvent[],
): Promise<Accepted[]> {
  const { book, identity, plan, cases } = await rules.lockRules(trx)
  const naming = { secret: tombstoneSecret, defaultRegion: identity.defaultRegion }
  const erased = await findErased(trx, naming, events)
  if (erased.size > 0) await countDropped(trx, erased.size, new Date(events[0]?.arrivedAtMs ?? 0))
  const messageIds = [...new Set(events.map((event) => event.messageId))]
  const answers = new Map<string, Omit<Accepted, 'duplicate'>>()
  for (const stored of await findStoredEvents(trx, messageIds))
    answers.set(stored.messageId, stored)

  const fresh = new Map<string, ArrivedEvent>()
  for (const event of events)
    if (!erased.has(event) && !answers.has(event.messageId) && !fresh.has(event.messageId))
      fresh.set(event.messageId, event)
  // Without a plan nothing is read twice.
  const judged = plan === NO_PLAN ? [] : [...fresh.values()]
  const planned = new Map(judged.map((event) => [event, judgeByPlan(event, plan)]))
  const refused = new Map<ArrivedEvent, readonly Finding[]>()
  for (const [event, each] of planned) {
    const findings = planRefusal(each)
    if (findings.length > 0) refused.set(event, findings)
  }
  const kept = [...fresh.values()].filter((event) => !refused.has(event))
  const written =
    kept.length === 0
      ? []
      : await writeFreshEvents(trx, { book, identity, plan, cases, naming }, kept)
  const stored = new Map(written.map((each) => [each.answer.messageId, each]))
  for (const { answer } of written) answers.set(answer.messageId, answer)
  for (const [event, findings] of refused)
    answers.set(event.messageId, refusedAnswer(event, findings))
  const counts = [...planned].flatMap(([{ messageId }, each]) =>
    planCounts(each, plan, stored.get(messageId) ?? null),
  )
  await addPlanCounts(trx, slot, counts)
  await addTouchpointCounts(trx, slot, kept.flatMap(touchpointCounts))

  return events.map((event) => {
    if (erased.has(event)) return droppedAnswer(event)
    const answer = answers.get(event.messageId)
    invariant(answer !== undefined, 'every event of a group is stored')
    return { ...answer, duplicate: fresh.get(event.messageId) !== event }
  })
}

export interface GroupDeps {
  readonly rules: PublishedRules
  /** What names of people who were erased are told by. Undefined: nobody was. */
  readonly tombstoneSecret: string | undefined
  /** Where this process counts. */
  readonly slot: number
}

const refusedAnswer = (event: ArrivedEvent, findings: readonly Finding[]): Accepted => ({
  ...droppedAnswer(event),
  status: 'refused',
  findings,
})

const droppedAnswer = ({ messageId }: ArrivedEvent): Accepted => ({
  messageId,
  customerId: '',
  seq: 0,
  status: 'dropped',
  duplicate: false,
})
