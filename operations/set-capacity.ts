import type { Kysely } from 'kysely'
import { findCapacity, upsertCapacity, type CapacityRow } from '../db/capacities.ts'
import { recordCommand } from '../db/commands.ts'
import type { Database } from '../db/schema.ts'
import { invariant } from '../domain/errors.ts'

/** Tells how many seconds of handling there are from now on, and until when they can be used. */
export async function setCapacity(
  { db, now }: { readonly db: Kysely<Database>; readonly now: () => number },
  input: {
    readonly name: string
    readonly available: number
    readonly until: Date | null
    readonly keyId: string | null
  },
): Promise<CapacityRow> {
  const { name, available, until, keyId } = input
  return db.transaction().execute(async (trx) => {
    const before = await findCapacity(trx, name)
    await upsertCapacity(trx, { name, available, until, at: new Date(now()), by: keyId })
    await recordCommand(trx, {
      keyId,
      action: 'capacity.set',
      target: `capacity/${name}`,
      before: before === undefined ? null : { available: before.available, used: before.used },
      after: { available, until: until?.toISOString() ?? null },
    })
    const after = await findCapacity(trx, name)
    invariant(after !== undefined, 'what was just written is there')
    return after
  })
}
