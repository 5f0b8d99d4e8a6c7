import { sql, type Kysely } from 'kysely'

/** Contact policy and arbitration as published documents, exclusions, switches, capacities, lanes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Rules that stand beside the journeys, each kind published and versioned as a whole. People
  // take them from here as files: jsonb would put their members in an order of its own.
  `create table rule_documents (
    kind text not null check (kind in ('contact-policy', 'arbitration')),
    version integer not null,
    hash text not null,
    document json not null,
    note text,
    published_at timestamptz not null,
    published_by text,
    primary key (kind, version)
  )`,
  // What a population does, counted once a day for rules that compare with it. The newest version holds.
  `create table population_statistics (
    rule text not null,
    version integer not null,
    computed_at timestamptz not null,
    customers integer not null,
    mean double precision not null,
    deviation double precision not null,
    threshold double precision not null,
    primary key (rule, version)
  )`,

  // Why customers are not to be contacted. The actor opens those of rules; sends look here.
  `create table exclusions (
    customer_id text not null references customers,
    exclusion_id text not null,
    rule text,
    reason text not null,
    classes text[],
    channels text[],
    source text not null,
    since timestamptz not null,
    in_force_from timestamptz not null,
    until timestamptz,
    closed_at timestamptz,
    closed_by text,
    turn integer not null default 0,
    primary key (customer_id, exclusion_id)
  )`,
  `create index exclusions_open on exclusions (customer_id) where closed_at is null`,
  `create index exclusions_by_reason on exclusions (reason, customer_id) where closed_at is null`,
  // Addresses that are not to be used any more, whoever has them.
  `create table blocked_addresses (
    channel text not null,
    address text not null,
    reason text not null,
    source text not null,
    since timestamptz not null,
    primary key (channel, address)
  )`,

  // What people have stopped. One row a scope; what was lifted stays as history.
  `create table stops (
    stop_id text primary key,
    scope text not null check (scope in ('all', 'channel', 'journey')),
    name text,
    except_classes text[] not null,
    reason text not null,
    since timestamptz not null,
    stopped_by text,
    lifted_at timestamptz,
    lifted_by text
  )`,
  `create unique index stops_in_force on stops (scope, coalesce(name, '')) where lifted_at is null`,
  // Bringing back what a stop has parked, each channel at its rate. The workflow of the same id works it off.
  `create table resumes (
    resume_id text primary key,
    scope text not null,
    name text,
    ramp jsonb not null,
    stopped_at timestamptz not null,
    status text not null check (status in ('running', 'paused', 'done')),
    released integer not null default 0,
    created_at timestamptz not null,
    created_by text,
    updated_at timestamptz not null
  )`,

  // What is scarce outside, such as the time of a contact centre, in seconds of handling.
  `create table capacities (
    name text primary key,
    available double precision not null,
    used double precision not null default 0,
    until timestamptz,
    updated_at timestamptz not null,
    updated_by text
  )`,
  // Mails that a sending domain has sent on one day, UTC.
  `create table domain_days (
    domain text not null,
    day date not null,
    sent integer not null,
    primary key (domain, day)
  )`,

  `alter table deliveries add column worth double precision`,
  `alter table deliveries add column customer_group text`,
  // Why it is parked: 'stop:<scope>', 'capacity:<name>'; since when it waits; when it was let go on.
  `alter table deliveries add column parked_for text`,
  `alter table deliveries add column parked_at timestamptz`,
  `alter table deliveries add column released_at timestamptz`,
  // What it takes of the capacity that it is parked for.
  `alter table deliveries add column cost double precision`,
  `create index deliveries_parked on deliveries (parked_for, worth desc nulls last, parked_at, delivery_id)
    where status = 'parked'`,
  `create index deliveries_stopped on deliveries (channel, worth desc nulls last, parked_at, delivery_id)
    where status = 'parked' and released_at is null and parked_for like 'stop:%'`,
  `create index deliveries_released on deliveries (released_at)
    where status = 'parked' and released_at is not null`,

  // The policy that sends are judged by: what was decided under another one is decided anew.
  `alter table rule_book add column contact_hash text`,
  // How many a second the engine lets a channel have, as far as it was told.
  `create table throttles (
    channel text primary key,
    per_second double precision,
    problem text,
    updated_at timestamptz not null
  )`,

  `alter table customers add column contact_group text`,
  `create index customers_by_group on customers (contact_group)`,
  `create index decisions_by_instant on decisions (at desc, decision_id desc)`,
  `alter table runs add column lane text not null default 'foreground'`,
  // Of a locked run. Null in rows from before: the lock of those ends with the run.
  `alter table runs add column lock_scope text`,
  `alter table runs add column lock_until timestamptz`,
]
