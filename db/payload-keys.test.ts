import { beforeEach, expect, test } from 'vitest'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { createPayloadKeys, destroyPayloadKeys } from './payload-keys.ts'

const SECRET = 'a-secret-with-more-than-32-characters'

describeOnEachDatabase('keys of customers', (db) => {
  let count = 0
  let customerId: string

  beforeEach(async () => {
    customerId = `keyed-${++count}`
    const row = { customer_id: customerId, created_at: new Date() }
    await db().insertInto('customers').values(row).execute()
  })

  test('a customer has one key, in every process', async () => {
    const [one, other] = [createPayloadKeys(db(), SECRET), createPayloadKeys(db(), SECRET)]
    const made = await Promise.all([
      one.ofCustomer(customerId),
      one.ofCustomer(customerId),
      other.ofCustomer(customerId),
    ])
    expect(new Set(made.map(({ keyId }) => keyId)).size).toBe(1)
    expect(made[0].key).toHaveLength(32)
    expect(await createPayloadKeys(db(), SECRET).byId(made[0].keyId)).toEqual(made[0])
  })

  test('the table alone opens nothing', async () => {
    const { keyId, key } = await createPayloadKeys(db(), SECRET).ofCustomer(customerId)
    const row = await db()
      .selectFrom('payload_keys')
      .selectAll()
      .where('key_id', '=', keyId)
      .executeTakeFirstOrThrow()
    expect(Buffer.from(row.sealed, 'base64').includes(Buffer.from(key))).toBe(false)
    const other = createPayloadKeys(db(), `${SECRET}, but another one`)
    await expect(other.byId(keyId)).rejects.toThrow('RUMBO_PAYLOAD_SECRET')
  })

  test('a key that was destroyed is gone, and its customer being erased gets no other', async () => {
    const { keyId } = await createPayloadKeys(db(), SECRET).ofCustomer(customerId)
    await db()
      .updateTable('customers')
      .set({ erasing_at: new Date() })
      .where('customer_id', '=', customerId)
      .execute()
    expect(await destroyPayloadKeys(db(), [customerId])).toBe(1)
    const keys = createPayloadKeys(db(), SECRET)
    expect(await keys.byId(keyId)).toBeUndefined()
    await expect(keys.ofCustomer(customerId)).rejects.toThrow('erased')
    await expect(keys.ofCustomer('nobody')).rejects.toThrow('not there')
  })
})
