import { sql, type Kysely } from 'kysely'

/** What is wrong with what was said about customers, and how it was repaired. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const BIRTHDAY = `coalesce(traits ->> 'birthday', traits ->> 'birthDate', traits ->> 'dateOfBirth')`
const FULL_NAME = `lower(coalesce(traits ->> 'name', (traits ->> 'firstName') || ' ' || (traits ->> 'lastName')))`

const STATEMENTS = [
  // One row for each way in which a trait was wrong: what is said over and over does not grow the table.
  `create table trait_findings (
    customer_id text not null references customers,
    trait text not null,
    problem text not null,
    kind text not null,
    value jsonb,
    suggestion text,
    source text not null,
    said_at timestamptz not null,
    status text not null default 'open',
    settled_at timestamptz,
    primary key (customer_id, trait, problem)
  )`,
  `create index trait_findings_open on trait_findings (problem, trait, customer_id, kind)
    where status = 'open'`,
  `create table trait_repairs (
    repair_id text not null,
    customer_id text not null references customers,
    trait text not null,
    problem text,
    before jsonb,
    after jsonb,
    repaired_at timestamptz not null,
    undone_at timestamptz,
    primary key (repair_id, customer_id, trait)
  )`,
  `create index trait_repairs_by_customer on trait_repairs (customer_id)`,
  // Whom else the same address, number or name with birthday leads to.
  `create index customers_by_email on customers (lower(traits ->> 'email'))
    where traits ->> 'email' is not null`,
  `create index customers_by_phone on customers ((traits ->> 'phone'))
    where traits ->> 'phone' is not null`,
  `create index customers_by_birthday on customers ((${BIRTHDAY} || ' ' || ${FULL_NAME}))
    where ${BIRTHDAY} is not null and ${FULL_NAME} is not null`,
]
