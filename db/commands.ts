import type { Transaction } from 'kysely'
import type { JsonValue } from '../domain/json.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

/** Who (which key) changed what, and how it was before and after. */
export interface Command {
  /** Null for what the system does by itself. */
  readonly keyId: string | null
  /** A verb and its object, for example `consent.set`. */
  readonly action: string
  /** What it was done to, for example `customer/<id>`. */
  readonly target: string
  readonly before: JsonValue
  readonly after: JsonValue
}

/** Appends to the record of commands, in the transaction that carries the command out: both or neither. */
export async function recordCommand(trx: Transaction<Database>, command: Command): Promise<void> {
  const { keyId, action, target, before, after } = command
  await trx
    .insertInto('commands')
    .values({
      key_id: keyId,
      action,
      target,
      before: before === null ? null : jsonText(before),
      after: after === null ? null : jsonText(after),
    })
    .execute()
}
