import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import type { Database } from '../db/schema.ts'
import { deleteTombstone, tombstoneOf } from '../db/tombstones.ts'
import { readEmail } from '../domain/customers/email-address.ts'
import { readPhone } from '../domain/customers/phone-number.ts'
import { DomainError } from '../domain/errors.ts'

/**
 * Lets a name of somebody who was erased be used again, by a new customer.
 *
 * @throws {DomainError} `not_found`
 */
export async function liftTombstone(
  { db, tombstoneSecret }: { readonly db: Kysely<Database>; readonly tombstoneSecret: string },
  {
    kind,
    value,
    keyId,
  }: { readonly kind: string; readonly value: string; readonly keyId: string | null },
): Promise<void> {
  const hash = tombstoneOf(tombstoneSecret, { kind, value: asCompared(kind, value) })
  await db.transaction().execute(async (trx) => {
    if (!(await deleteTombstone(trx, hash)))
      throw new DomainError('not_found', 'Nobody of this name was erased.')
    const command = { keyId, action: 'tombstone.lift', target: `tombstone/${kind}` }
    await recordCommand(trx, { ...command, before: null, after: null })
  })
}

/** Addresses are compared in one form, however they are written. */
function asCompared(kind: string, value: string): string {
  if (kind === 'email') {
    const read = readEmail(value)
    return read.ok ? read.key : value
  }
  if (kind !== 'phone') return value
  const read = readPhone(value)
  return read.ok ? read.e164 : value
}
