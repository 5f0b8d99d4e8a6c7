import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../db/schema.ts'

/** Where a worker dies in a transaction: before anything of it is kept, or before anybody is told that it was. */
export type Death = 'before commit' | 'after commit'

/**
 * A database whose user dies in the transactions for which `deathIn` names one, asked at their end: to the
 * engine that is an activity without an answer, which is tried again.
 */
export function dyingIn(
  db: Kysely<Database>,
  deathIn: (trx: Transaction<Database>) => Promise<Death | undefined>,
): Kysely<Database> {
  const transaction = () => ({
    execute: async <T>(work: (trx: Transaction<Database>) => Promise<T>): Promise<T> => {
      let death: Death | undefined
      const result = await db.transaction().execute(async (trx) => {
        const done = await work(trx)
        death = await deathIn(trx)
        if (death === 'before commit') throw new Error('The worker died before its commit')
        return done
      })
      if (death === 'after commit') throw new Error('The worker died after its commit')
      return result
    },
  })
  return new Proxy(db, {
    get: (target, name) => {
      if (name === 'transaction') return transaction
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
