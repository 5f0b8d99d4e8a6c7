import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { lockProfiles } from '../db/customer-profiles.ts'
import type { Database } from '../db/schema.ts'
import { writeJudgedTraits } from '../db/trait-findings.ts'
import { findSpeakers, insertRepairs, type Repair } from '../db/trait-repairs.ts'
import type { JsonObject } from '../domain/json.ts'
import type { EventAcceptor } from './accept-events.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { planRepairs, type RepairPlan, type RepairWish } from './plan-repairs.ts'

/** Who says so, in the log and in findings. */
const SOURCE = 'data-quality'

export interface RepairDeps {
  readonly db: Kysely<Database>
  readonly acceptor: Pick<EventAcceptor, 'accept'>
  /** Real time, epoch milliseconds. */
  readonly now: () => number
}

export interface Repaired {
  /** Names what was changed, for an undo; null where nothing was. */
  readonly repairId: string | null
  readonly plan: RepairPlan
}

/**
 * Repairs many values at once. Each goes through the log like any other word about the customer, so that
 * actors hear of it, and what it changes is kept for an undo. What is repaired is settled: the
 * same repair again finds nothing to do.
 */
export async function repairTraits(
  deps: RepairDeps,
  wish: RepairWish,
  keyId: string | null,
): Promise<Repaired> {
  const plan = await planRepairs(deps.db, wish)
  if (plan.repairs.length === 0 && plan.setAside.length === 0) return { repairId: null, plan }
  const repairId = randomUUID()
  await deps.db.transaction().execute(async (trx) => {
    await insertRepairs(trx, repairId, plan.repairs, new Date(deps.now()))
    await recordCommand(trx, {
      keyId,
      action: 'data-quality.repair',
      target: `data-quality/repairs/${repairId}`,
      before: null,
      // No values: they are personal, and kept with the repair.
      after: { rule: wish.rule, values: plan.repairs.length },
    })
  })
  await sayChanges(deps, `repair:${repairId}`, plan.repairs)
  if (plan.setAside.length > 0) await keepAside(deps, plan.setAside)
  return { repairId, plan }
}

/** Puts changes into the customers' logs, one event a customer. The same `name` again changes nothing. */
export async function sayChanges(
  { db, acceptor }: RepairDeps,
  name: string,
  changes: readonly Pick<Repair, 'customerId' | 'trait' | 'after'>[],
): Promise<void> {
  const said = new Map<string, JsonObject>()
  for (const { customerId, trait, after } of changes)
    said.set(customerId, { ...said.get(customerId), [trait]: after })
  const speakers = await findSpeakers(db, [...said.keys()])
  const events = [...said].flatMap(([customerId, traits]): IncomingEvent[] => {
    const speaker = speakers.get(customerId)
    if (speaker === undefined) return []
    const messageId = `${name}:${customerId}`
    const context = { source: SOURCE }
    return [{ type: 'identify', messageId, ...speaker, traits, context, historical: false }]
  })
  await acceptor.accept(events)
}

async function keepAside({ db, now }: RepairDeps, setAside: RepairPlan['setAside']): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockProfiles(trx, [...new Set(setAside.map(({ customerId }) => customerId))])
    await writeJudgedTraits(
      trx,
      setAside.map(({ customerId, ...finding }) => ({
        customerId,
        findings: [finding],
        settled: [],
        source: SOURCE,
        atMs: now(),
      })),
    )
  })
}
