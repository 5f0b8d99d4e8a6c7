import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { PERSONAL_DATA } from './personal-data.ts'

describeOnEachDatabase('what an erasure does with each table', (db) => {
  test('is said of every table that there is, and of no other', async () => {
    const { rows } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'kysely%'`.execute(
      db(),
    )
    expect(Object.keys(PERSONAL_DATA).toSorted()).toEqual(rows.map(({ name }) => name).toSorted())
  })

  test('of every table that refers to customers the rows are deleted, before the customers', async () => {
    const { rows } = await sql<{ name: string }>`
      select distinct c.conrelid::regclass::text as name from pg_constraint c
      where c.contype = 'f' and c.confrelid = 'customers'::regclass`.execute(db())
    const order = Object.keys(PERSONAL_DATA)
    for (const { name } of rows) {
      expect([name, PERSONAL_DATA[name as keyof typeof PERSONAL_DATA].fate]).toEqual([
        name,
        'delete',
      ])
      expect(order.indexOf(name)).toBeLessThanOrEqual(order.indexOf('customers'))
    }
  })
})
