import { beforeEach, expect, test } from 'vitest'
import { findActiveKey } from '../db/api-keys.ts'
import { SCOPES } from '../domain/scopes.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { ensureFirstKey } from './ensure-first-key.ts'
import { hashSecret } from './key-secret.ts'

describeOnEachDatabase('ensureFirstKey', (db) => {
  beforeEach(() => db().deleteFrom('api_keys').execute())
  const find = (secret: string) => findActiveKey(db(), hashSecret(secret))

  test('makes one key with all scopes, also when several start at once', async () => {
    const made = await Promise.all([1, 2, 3].map(() => ensureFirstKey({ db: db() })))
    const keys = made.flatMap(({ key }) => key ?? [])
    expect(keys).toHaveLength(1)
    expect(await find(keys[0] ?? '')).toMatchObject({ scopes: SCOPES })
    expect(await ensureFirstKey({ db: db() })).toEqual({})
  })

  test('takes the key of the setting, and drops it when the setting changes', async () => {
    const [one, two] = ['the-first-secret', 'the-second-secret']
    expect(await ensureFirstKey({ db: db(), fixedKey: one })).toEqual({})
    await ensureFirstKey({ db: db(), fixedKey: one })
    expect(await find(one)).toMatchObject({ scopes: SCOPES })
    await ensureFirstKey({ db: db(), fixedKey: two })
    expect([await find(one), (await find(two))?.scopes]).toEqual([undefined, SCOPES])
    await ensureFirstKey({ db: db(), fixedKey: one })
    expect([(await find(one))?.scopes, await find(two)]).toEqual([SCOPES, undefined])
  })

  test('makes another one when the setting is gone and nobody could manage keys', async () => {
    await ensureFirstKey({ db: db(), fixedKey: 'the-first-secret' })
    const { key } = await ensureFirstKey({ db: db() })
    expect(key).toMatch(/^rk_[\w-]{43}$/)
    expect(await find('the-first-secret')).toBeUndefined()
  })
})
