import { sql, type Kysely } from 'kysely'

/** Customers whose actors have left the engine until something happens or falls due. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // `none`: there has been none yet. `open`: one runs, or is about to. `asleep`: the snapshot is all there is.
  `alter table customers
    add column actor text not null default 'none' check (actor in ('none', 'open', 'asleep')),
    add column wake_at timestamptz,
    add column actor_life integer not null default 0`,
  `update customers set actor = 'open' where last_batch > 0`,
  `create index customers_to_wake on customers (wake_at) where actor = 'asleep' and wake_at is not null`,
]
