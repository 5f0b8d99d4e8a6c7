import { expect, test } from 'vitest'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { migrate } from './migrate.ts'

describeOnEachDatabase('migrate', (db) => {
  test('does nothing the second time, also when two call it at once', async () => {
    await Promise.all([migrate(db()), migrate(db())])
    const rows = await db().selectFrom('customers').select('customer_id').execute()
    expect(rows).toEqual([])
  })
})
