import { sql, type Kysely } from 'kysely'

/** Merging customers who turned out to be one person. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // One row a link that was to be merged. quarantined: waits for a person. approved: a person said yes,
  // and it waits until both customers are free. leaving: the loser's actor is to hand over. done: they are one.
  `create table merges (
    merge_id text primary key,
    link_id bigint not null unique references pending_links,
    loser text not null references customers,
    winner text not null references customers,
    status text not null check (status in ('quarantined', 'approved', 'rejected', 'leaving', 'done')),
    reason text,
    detail text,
    -- The last batch of the winner's that was fixed when the loser became part of it.
    winner_batch integer,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    decided_by text
  )`,
  // A customer takes part in one open merge at a time; that nobody is on both sides, their locked rows see to.
  `create unique index merges_leaving on merges (loser) where status = 'leaving'`,
  `create unique index merges_awaited on merges (winner) where status = 'leaving'`,
  `create index merges_by_winner on merges (winner, created_at)`,
  `create index merges_by_created on merges (created_at desc, merge_id desc)`,

  // Those that the merger still has to look at.
  `create index pending_links_open on pending_links (link_id) where status = 'pending'`,
  // What a winner takes up comes before whatever else waits for it.
  `create index events_absorbed on events (customer_id, seq) where status = 'pending' and type = 'absorb'`,
]
