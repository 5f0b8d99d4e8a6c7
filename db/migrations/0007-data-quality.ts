import { sql, type Kysely } from 'kysely'

/** What is wrong with what was said about customers, and how it was repaired. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

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
  `create index customers_by_birthday on customers ((${birthday('traits')}), (${fullName('traits')}))
    where ${birthday('traits')} is not null and ${fullName('traits')} is not null`,
]

function birthday(traits: string): string {
  return `coalesce(${['birthday', 'birthDate', 'dateOfBirth'].map((name) => `${traits} ->> '${name}'`).join(', ')})`
}

function fullName(traits: string): string {
  return `lower(coalesce(${traits} ->> 'name', (${traits} ->> 'firstName') || ' ' || (${traits} ->> 'lastName')))`
}
