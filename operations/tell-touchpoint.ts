import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import type { Database } from '../db/schema.ts'
import {
  deleteToldTouchpoint,
  findToldTouchpoint,
  upsertToldTouchpoint,
  type ToldTouchpoint,
} from '../db/touchpoints.ts'

/** Tells whose a touchpoint is and how often to expect something of it. Where nothing is told, what was is forgotten. */
export async function tellTouchpoint(
  { db, now }: { readonly db: Kysely<Database>; readonly now: () => number },
  input: Omit<ToldTouchpoint, 'createdAt'> & { readonly keyId: string | null },
): Promise<void> {
  const { keyId, ...told } = input
  const { source, channel, title, owner, expectedEvery } = told
  await db.transaction().execute(async (trx) => {
    const before = await findToldTouchpoint(trx, told)
    const said = { title, owner, expectedEvery }
    if (Object.values(said).every((each) => each === null)) await deleteToldTouchpoint(trx, told)
    else await upsertToldTouchpoint(trx, told, { at: new Date(now()), by: keyId })
    await recordCommand(trx, {
      keyId,
      action: 'touchpoint.tell',
      target: `touchpoint/${[source, channel].filter((each) => each !== '').join('/')}`,
      before: before === undefined ? null : saidOf(before),
      after: said,
    })
  })
}

const saidOf = ({ title, owner, expectedEvery }: ToldTouchpoint) => ({
  title,
  owner,
  expectedEvery,
})
