import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { releaseAllUploads } from '../db/audience-uploads.ts'
import { recordCommand } from '../db/commands.ts'
import {
  completeErasure,
  dropWaiting,
  eraseAndCount,
  insertErasure,
  isUnderWay,
  letGoOfErasure,
  lockWholeCustomer,
  markErasing,
  noteErasure,
  takeErasure,
} from '../db/erasures.ts'
import { destroyPayloadKeys } from '../db/payload-keys.ts'
import { findPerson, PERSONAL_DATA } from '../db/personal-data.ts'
import type { Database } from '../db/schema.ts'
import { findTombstones, insertTombstones, tombstoneOf, type ErasedName } from '../db/tombstones.ts'
import { DomainError } from '../domain/errors.ts'
import { deleteActor } from './delete-actor.ts'
import { namesOf } from './erased-names.ts'
import type { PublishedRules } from './published-rules.ts'

export interface ErasureDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  readonly client: () => Client
  /** Real time, epoch milliseconds. */
  readonly now: () => number
  /** What tombstones are made with. */
  readonly tombstoneSecret: string
  /** Whether the engine's payloads about customers are encrypted. */
  readonly encryptsPayloads: boolean
}

/** A send tries for at most 30 s, and a delivery to an actor for less. */
const SETTLE_MS_MAX = 35_000
const SETTLE_EVERY_MS = 200

/**
 * Begins to forget a customer, with all that became part of it: in force with the commit, nothing is sent
 * any more, what callers send about the person is dropped, and no name leads here. Answers the erasure,
 * which `carryOnErasure` carries out; the one that is under way, or was done, where there is one.
 *
 * @throws {DomainError} `not_found`
 */
export async function beginErasure(
  { db, rules, now, tombstoneSecret, encryptsPayloads }: ErasureDeps,
  { customerId, keyId }: { readonly customerId: string; readonly keyId: string | null },
): Promise<string> {
  const hash = (name: ErasedName): string => tombstoneOf(tombstoneSecret, name)
  return db.transaction().execute(async (trx) => {
    await rules.lockBook(trx)
    const whole = await lockWholeCustomer(trx, customerId)
    const subject = hash({ kind: 'customer', value: customerId })
    if (whole === undefined || whole.isErasing) {
      const erasureId = (await findTombstones(trx, [subject])).get(subject)
      if (erasureId !== undefined) return erasureId
      throw new DomainError('not_found', 'There is no such customer')
    }
    const { customerIds } = whole
    const names = await namesOf(trx, customerIds)
    const erasureId = randomUUID()
    const at = new Date(now())
    const stones = names.map((name) => ({ hash: hash(name), kind: name.kind }))
    await insertErasure(trx, {
      erasureId,
      subject,
      customerIds,
      receipt: { tombstones: stones.length, rows: {}, encrypted: encryptsPayloads },
      createdBy: keyId,
      at,
    })
    await insertTombstones(trx, erasureId, stones)
    await markErasing(trx, customerIds, at)
    await releaseAllUploads(trx, customerIds)
    await recordCommand(trx, {
      keyId,
      action: 'customer.erase',
      target: `erasure/${erasureId}`,
      before: null,
      after: null,
    })
    return erasureId
  })
}

/**
 * Carries an erasure out as far as it can be: waits for sends that have begun, deletes every run in the
 * engine, then all rows, then the keys. Each step may be repeated; what was done is in the receipt. Does
 * nothing where another process is at it, or it is done.
 *
 * Fails where the engine is away: then somebody goes on later.
 */
export async function carryOnErasure(
  { db, client, now }: Pick<ErasureDeps, 'db' | 'client' | 'now'>,
  erasureId: string,
): Promise<void> {
  const taken = await takeErasure(db, erasureId)
  if (taken === undefined) return
  const { customerIds, receipt } = taken
  try {
    const dropped = (receipt.dropped ?? 0) + (await dropWaiting(db, customerIds))
    const unsettled = !(await areSettled(db, customerIds))
    await noteErasure(db, erasureId, { dropped, ...(unsettled ? { unsettled } : {}) })

    let engineRuns = receipt.engineRuns ?? 0
    for (const customerId of customerIds) {
      engineRuns += await deleteActor(client(), customerId)
      await noteErasure(db, erasureId, { engineRuns })
    }

    const person = await findPerson(db, customerIds)
    for (const table of TABLES) {
      while (!(await eraseAndCount(db, { erasureId, table, person })));
    }
    // A start that was on its way when the first were deleted found nobody to live for, and ended.
    for (const customerId of customerIds) engineRuns += await deleteActor(client(), customerId)
    const keys = (receipt.keys ?? 0) + (await destroyPayloadKeys(db, customerIds))
    await noteErasure(db, erasureId, { engineRuns, keys })
    await completeErasure(db, erasureId, new Date(now()))
  } catch (error) {
    await letGoOfErasure(db, erasureId)
    throw error
  }
}

const TABLES = Object.keys(PERSONAL_DATA) as (keyof Database)[]

async function areSettled(db: Kysely<Database>, customerIds: readonly string[]): Promise<boolean> {
  const untilMs = performance.now() + SETTLE_MS_MAX
  while (await isUnderWay(db, customerIds)) {
    if (performance.now() > untilMs) return false
    await sleep(SETTLE_EVERY_MS)
  }
  return true
}
