import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Database } from './schema.ts'

/** A key and the name under which it is found again. */
export interface StoredKey {
  readonly keyId: string
  readonly key: Uint8Array
}

export interface StoredKeys {
  readonly ofCustomer: (customerId: string) => Promise<StoredKey>
  readonly byId: (keyId: string) => Promise<StoredKey | undefined>
}

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Customers and keys kept in memory; the one asked for longest ago goes first. */
const KEPT_MAX = 20_000
/** So long another process may still read what a destroyed key had encrypted. */
const KEPT_MS = 60_000

/**
 * The keys of customers as SQL holds them: each sealed by `secret`, so that a copy of the table alone
 * opens nothing. What was asked lately is kept for a minute.
 *
 * @throws {Error} `byId`: where the secret is not the one that the key was sealed by
 */
export function createPayloadKeys(db: Kysely<Database>, secret: string): StoredKeys {
  const seal = sealer(secret)
  const byCustomer = new LRUCache<string, StoredKey>({ max: KEPT_MAX, ttl: KEPT_MS })
  const byId = new LRUCache<string, StoredKey>({ max: KEPT_MAX, ttl: KEPT_MS })
  const keep = (customerId: string, key: StoredKey): StoredKey => {
    byCustomer.set(customerId, key)
    byId.set(key.keyId, key)
    return key
  }
  const open = ({ key_id: keyId, sealed }: { key_id: string; sealed: string }): StoredKey => ({
    keyId,
    key: seal.open(sealed, keyId),
  })
  return {
    ofCustomer: async (customerId) => {
      const kept = byCustomer.get(customerId)
      if (kept !== undefined) return kept
      const found = await findOf(db, customerId)
      if (found !== undefined) return keep(customerId, open(found))
      const made: StoredKey = { keyId: randomUUID(), key: randomBytes(KEY_BYTES) }
      await insertKey(db, { customerId, keyId: made.keyId, sealed: seal.close(made) })
      // Two processes may have made one at once: the one that is stored is the one.
      const stored = await findOf(db, customerId)
      if (stored === undefined)
        throw new Error(`Customer ${customerId} is erased or not there: nothing more is stored.`)
      return keep(customerId, open(stored))
    },
    byId: async (keyId) => {
      const kept = byId.get(keyId)
      if (kept !== undefined) return kept
      const found = await db
        .selectFrom('payload_keys')
        .select(['key_id', 'sealed', 'customer_id'])
        .where('key_id', '=', keyId)
        .executeTakeFirst()
      return found && keep(found.customer_id, open(found))
    },
  }
}

/** Destroys the keys of these customers: what they encrypted can be read by nobody any more. Answers how many there were. */
export async function destroyPayloadKeys(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('payload_keys')
    .where('customer_id', 'in', [...customerIds])
    .executeTakeFirst()
  return Number(numDeletedRows)
}

const findOf = (db: Kysely<Database>, customerId: string) =>
  db
    .selectFrom('payload_keys')
    .select(['key_id', 'sealed'])
    .where('customer_id', '=', customerId)
    .executeTakeFirst()

/** Keeps a key for a customer who is there and not being erased; where there is one already, nothing changes. */
async function insertKey(
  db: Kysely<Database>,
  { customerId, keyId, sealed }: { customerId: string; keyId: string; sealed: string },
): Promise<void> {
  await sql`
    insert into payload_keys (key_id, customer_id, sealed)
    select ${keyId}, customer_id, ${sealed} from customers
    where customer_id = ${customerId} and erasing_at is null
    for key share
    on conflict (customer_id) do nothing
  `.execute(db)
}

/** Closes keys by one that is derived from the secret; each is bound to its name. */
function sealer(secret: string) {
  const master = Buffer.from(hkdfSync('sha256', secret, '', 'rumbo payload keys', KEY_BYTES))
  return {
    close: ({ keyId, key }: StoredKey): string => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, master, nonce).setAAD(Buffer.from(keyId))
      const closed = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()])
      return closed.toString('base64')
    },
    open: (sealed: string, keyId: string): Uint8Array => {
      const closed = Buffer.from(sealed, 'base64')
      const decipher = createDecipheriv(CIPHER, master, closed.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(keyId))
        .setAuthTag(closed.subarray(-TAG_BYTES))
      try {
        const opened = decipher.update(closed.subarray(NONCE_BYTES, -TAG_BYTES))
        return Buffer.concat([opened, decipher.final()])
      } catch (cause) {
        throw new Error(
          'A payload key was sealed by another secret: is RUMBO_PAYLOAD_SECRET the one of before?',
          { cause },
        )
      }
    },
  }
}
