import { sql, type Kysely } from 'kysely'

/** The first schema. Plain SQL, since it is the same text on PGlite and on a server. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table api_keys (
    key_id text primary key,
    name text not null,
    scopes text[] not null,
    secret_hash text not null unique,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
  )`,

  // Customers: who they are (written by ingest), how far their log is delivered (dispatcher),
  // and what their actor last said about itself (activities).
  `create table customers (
    customer_id text primary key,
    test boolean not null default false,
    deliver_to text,
    clock_offset_ms bigint not null default 0,
    known boolean not null default false,
    zone text not null default 'UTC',
    traits jsonb not null default '{}',
    created_at timestamptz not null,

    last_batch integer not null default 0,
    lease_until timestamptz,
    lease_owner text,
    delivery_epoch integer not null default 0,

    lifecycle_state text,
    lifecycle_since timestamptz,
    lifecycle_previous text,
    lifecycle_reason text,
    deferred jsonb not null default '[]',
    next_wake_at timestamptz,
    page_turn integer not null default 0,
    as_of timestamptz,

    snapshot jsonb,
    snapshot_turn integer,
    snapshot_batch integer
  )`,
  `create index customers_by_created on customers (created_at, customer_id)`,
  `create index customers_by_lifecycle on customers (lifecycle_state, customer_id)`,

  `create table identities (
    kind text not null,
    value text not null,
    customer_id text not null references customers,
    created_at timestamptz not null,
    primary key (kind, value)
  )`,
  `create index identities_by_customer on identities (customer_id)`,
  `create index identities_by_value on identities (value)`,

  // Two existing customers that turned out to be one. Kept until merging works them off.
  `create table pending_links (
    link_id bigint generated always as identity primary key,
    customer_id text not null references customers,
    other_customer_id text not null references customers,
    cause text not null,
    status text not null default 'pending',
    created_at timestamptz not null,
    unique (customer_id, other_customer_id)
  )`,
  `create index pending_links_by_other on pending_links (other_customer_id)`,

  // The append-only log. "status" is how far a row has come on its way to the actor.
  `create table events (
    seq bigint generated always as identity primary key,
    message_id text not null unique,
    customer_id text not null references customers,
    type text not null,
    name text,
    properties jsonb not null default '{}',
    traits jsonb,
    context jsonb,
    payload jsonb,
    facts jsonb,
    historical boolean not null default false,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    status text not null check (status in ('filtered', 'pending', 'batched')),
    batch integer
  )`,
  `create index events_pending on events (customer_id, seq) where status = 'pending'`,
  `create index events_by_customer on events (customer_id, received_at desc, seq desc)`,
  `create index events_by_name on events (customer_id, name, occurred_at)`,

  `create table batches (
    customer_id text not null references customers,
    n integer not null,
    content jsonb not null,
    created_at timestamptz not null default now(),
    delivered_at timestamptz,
    primary key (customer_id, n)
  )`,
  `create index batches_undelivered on batches (customer_id, n) where delivered_at is null`,

  `create table quarantine (
    quarantine_id text primary key,
    received_at timestamptz not null,
    key_id text,
    body jsonb not null,
    findings jsonb not null,
    status text not null default 'open',
    resolved_at timestamptz
  )`,

  `create table journeys (
    key text primary key,
    title text not null,
    latest_version integer not null,
    created_at timestamptz not null
  )`,
  `create table journey_versions (
    key text not null references journeys,
    version integer not null,
    hash text not null,
    definition jsonb not null,
    note text,
    status text not null check (status in ('live', 'superseded')),
    published_at timestamptz not null,
    published_by text,
    superseded_at timestamptz,
    primary key (key, version)
  )`,
  `create unique index journey_versions_live on journey_versions (key) where status = 'live'`,
  `create index journey_versions_by_hash on journey_versions (hash)`,
  `create table condition_failures (
    journey text not null,
    version integer not null,
    path text not null,
    count bigint not null,
    last_message text not null,
    last_at timestamptz not null,
    primary key (journey, version, path)
  )`,

  // The book in force: one row. Ingest holds it in share mode, publishing takes it exclusively.
  `create table rule_book (
    singleton boolean primary key default true check (singleton),
    publication integer not null,
    hash text not null,
    entry_rules jsonb not null
  )`,
  `create table rule_books (
    hash text primary key,
    publication integer not null,
    book jsonb not null,
    created_at timestamptz not null default now()
  )`,

  `create table runs (
    run_id text primary key,
    customer_id text not null references customers,
    journey text not null,
    version integer not null,
    status text not null check (status in ('active', 'waiting', 'paused', 'ended')),
    step text not null,
    since timestamptz not null,
    entered_at timestamptz not null,
    wake_at timestamptz,
    locked boolean not null,
    ended_at timestamptz,
    end_reason text,
    goal_value_minor bigint,
    turn integer not null
  )`,
  `create index runs_open on runs (customer_id) where status <> 'ended'`,
  `create index runs_by_version on runs (journey, version, step) where status <> 'ended'`,

  `create table decisions (
    decision_id text primary key,
    customer_id text not null references customers,
    at timestamptz not null,
    cause jsonb not null,
    outcome text not null,
    summary text not null,
    winner text,
    request jsonb not null,
    decision jsonb not null,
    recorded_at timestamptz not null default now()
  )`,
  `create index decisions_by_customer on decisions (customer_id, at desc, decision_id desc)`,

  `create table deliveries (
    delivery_id text primary key,
    customer_id text not null references customers,
    run_id text not null,
    journey text not null,
    version integer not null,
    step text not null,
    message text not null,
    channel text not null,
    class text,
    to_address text,
    status text not null check (status in
      ('queued', 'sending', 'sent', 'held', 'parked', 'skipped', 'dropped', 'muted', 'failed', 'unknown')),
    reason text,
    provider_id text,
    attempt integer not null default 0,
    at timestamptz not null,
    recorded_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  )`,
  `create index deliveries_by_customer on deliveries (customer_id, at desc, delivery_id desc)`,
  `create index deliveries_by_time on deliveries (at desc, delivery_id desc)`,

  `create table timeline_entries (
    customer_id text not null references customers,
    turn integer not null,
    ordinal integer not null,
    at timestamptz not null,
    kind text not null,
    summary text not null,
    data jsonb not null,
    recorded_at timestamptz not null default now(),
    primary key (customer_id, turn, ordinal)
  )`,
  `create index timeline_by_customer on timeline_entries (customer_id, at desc)`,

  `create table consents (
    customer_id text not null references customers,
    purpose text not null,
    channel text not null,
    granted boolean not null,
    at timestamptz not null,
    source text not null,
    proof text,
    primary key (customer_id, purpose, channel)
  )`,
  `create table consent_history (
    history_id bigint generated always as identity primary key,
    customer_id text not null references customers,
    purpose text not null,
    channel text not null,
    granted boolean not null,
    at timestamptz not null,
    source text not null,
    proof text,
    recorded_at timestamptz not null default now()
  )`,

  // What the embedded mail catcher received: the rendered mail as it went over the wire.
  `create table outbox (
    outbox_id bigint generated always as identity primary key,
    delivery_id text,
    message_id text,
    mail_from text not null,
    rcpt_to text[] not null,
    subject text not null,
    raw text not null,
    received_at timestamptz not null default now()
  )`,
  `create index outbox_by_delivery on outbox (delivery_id)`,

  `create table commands (
    command_id bigint generated always as identity primary key,
    key_id text,
    action text not null,
    target text not null,
    at timestamptz not null default now(),
    before jsonb,
    after jsonb
  )`,
  `create table idempotency_keys (
    key_id text not null,
    idempotency_key text not null,
    request_hash text not null,
    status integer,
    body jsonb,
    created_at timestamptz not null default now(),
    primary key (key_id, idempotency_key)
  )`,
]
