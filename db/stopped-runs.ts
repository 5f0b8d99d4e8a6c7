import { sql, type Kysely } from 'kysely'
import type { Database } from './schema.ts'

/**
 * Tells customers who are inside a stopped version to leave it, at most `limit` at once: an `exit`
 * command at the end of the log of each, on the customer's clock. A run that was told is not told
 * again; runs of somebody who is merged right now are the survivor's next time. Answers whom; fewer than `limit` where nobody is left.
 *
 * Locks: the customers, by id, as everybody does who appends to their logs.
 * Cost: one statement; one index seek for each open run of a stopped version. "not exists" would be
 * planned as a table of all events.
 */
export async function insertVersionExits(
  db: Kysely<Database>,
  { nowMs, limit }: { nowMs: number; limit: number },
): Promise<string[]> {
  const { rows } = await sql<{ customer_id: string }>`
    with told as (
      select r.customer_id, r.journey, r.version,
        'exit:' || r.journey || '@' || r.version || ':' || r.run_id as message_id
      from journey_versions v
      join runs r on r.journey = v.key and r.version = v.version and r.status <> 'ended'
      where v.status = 'stopped' and (
        select e.seq from events e
        where e.message_id = 'exit:' || r.journey || '@' || r.version || ':' || r.run_id
      ) is null
      limit ${limit}
    ), held as (
      select told.*,
        to_timestamp((${nowMs}::float8 + c.clock_offset_ms) / 1000.0) as at
      from told join customers c on c.customer_id = told.customer_id and c.merged_into is null
      order by c.customer_id
      for no key update of c
    )
    insert into events (message_id, customer_id, type, payload, occurred_at, received_at, status)
    select message_id, customer_id, 'exit',
      jsonb_build_object('journey', journey, 'version', version, 'reason', 'version_stopped'),
      at, at, 'pending'
    from held
    on conflict (message_id) do nothing
    returning customer_id
  `.execute(db)
  return rows.map((row) => row.customer_id)
}
