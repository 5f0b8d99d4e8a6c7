import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import { findTombstones, tombstoneOf, type ErasedName } from '../db/tombstones.ts'

/** What a name without a kind may stand for. */
const KINDS = ['customer', 'user', 'anonymous', 'email', 'phone']

/** The erasure of whoever was known by this name: our own id, an identity, or `kind:value`. */
export async function findErasureOf(
  { db, tombstoneSecret }: { readonly db: Kysely<Database>; readonly tombstoneSecret: string },
  name: string,
): Promise<string | undefined> {
  const colon = name.indexOf(':')
  const meant: ErasedName[] = [
    ...KINDS.map((kind) => ({ kind, value: name })),
    ...(colon > 0 ? [{ kind: name.slice(0, colon), value: name.slice(colon + 1) }] : []),
  ]
  const hashes = meant.map((each) => tombstoneOf(tombstoneSecret, each))
  const stones = await findTombstones(db, hashes)
  return hashes.map((hash) => stones.get(hash)).find((erasureId) => erasureId !== undefined)
}
