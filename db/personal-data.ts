import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

/** Somebody who is to be forgotten, as the store knows them. */
export interface Person {
  /** The customer's own id, and those of whoever was merged into it. */
  readonly customerIds: readonly string[]
  /** Every value that callers named them by, and their addresses. */
  readonly values: readonly string[]
  readonly emails: readonly string[]
}

/** What becomes of a table's rows about a person. */
export type Fate =
  | { readonly fate: 'delete'; readonly where: (person: Person) => RawBuilder<unknown> }
  | {
      readonly fate: 'blank'
      readonly where: (person: Person) => RawBuilder<unknown>
      readonly set: RawBuilder<unknown>
    }
  | { readonly fate: 'keep'; readonly why: string }

const ids = ({ customerIds }: Person): RawBuilder<unknown> => sql`${[...customerIds]}::text[]`
const byCustomer = (person: Person): RawBuilder<unknown> => sql`customer_id = any(${ids(person)})`

/** Shorter names stand in many documents that are not about the person. */
const TELLING_LENGTH_MIN = 6

/** Whether a JSON document holds one of the person's names or ids, as a text of its own. */
const mentions =
  (column: string) =>
  ({ customerIds, values }: Person): RawBuilder<unknown> =>
    sql`exists (
      select from unnest(${[...customerIds, ...values.filter((value) => value.length >= TELLING_LENGTH_MIN)].map((value) => jsonText(value))}::text[]) as named(text)
      where position(named.text in ${sql.ref(column)}::text) > 0)`

const keep = (why: string): Fate => ({ fate: 'keep', why })
const ofCustomer: Fate = { fate: 'delete', where: byCustomer }

/**
 * Every table, and what an erasure does with it, in the order in which it is done: what a person is found
 * by goes last, so that whoever goes on after a death still knows what is to be looked for.
 */
export const PERSONAL_DATA: Readonly<Record<keyof Database, Fate>> = {
  outbox: {
    fate: 'delete',
    where: (
      person,
    ) => sql`delivery_id in (select delivery_id from deliveries where ${byCustomer(person)})
      or exists (select from unnest(rcpt_to) as rcpt(address)
        where lower(address) = any(${[...person.emails]}::text[]))`,
  },
  // Refused before anybody knew whose it is: what it names its customer by decides.
  quarantine: {
    fate: 'delete',
    where: (person) => sql`body ->> 'userId' = any(${[...person.values]}::text[])
      or body ->> 'anonymousId' = any(${[...person.values]}::text[])
      or body ->> 'previousId' = any(${[...person.values]}::text[])
      or ${mentions('body')(person)}`,
  },
  idempotency_keys: { fate: 'delete', where: mentions('body') },
  commands: {
    fate: 'blank',
    where: (person) => sql`target = any(${person.customerIds.map((id) => `customer/${id}`)}::text[])
      or ${mentions('before')(person)} or ${mentions('after')(person)}`,
    set: sql`target = 'customer/erased', before = null, after = null`,
  },
  blocked_addresses: {
    fate: 'delete',
    where: ({ values }) => sql`address = any(${[...values]}::text[])`,
  },
  batches: ofCustomer,
  timeline_entries: ofCustomer,
  decisions: ofCustomer,
  onsite_messages: ofCustomer,
  deliveries: ofCustomer,
  migration_runs: ofCustomer,
  runs: ofCustomer,
  exclusions: ofCustomer,
  consents: ofCustomer,
  consent_history: ofCustomer,
  consent_requests: ofCustomer,
  trait_findings: ofCustomer,
  trait_repairs: ofCustomer,
  case_events: ofCustomer,
  cases: ofCustomer,
  events: ofCustomer,
  merges: {
    fate: 'delete',
    where: (person) => sql`loser = any(${ids(person)}) or winner = any(${ids(person)})`,
  },
  pending_links: {
    fate: 'delete',
    where: (person) =>
      sql`customer_id = any(${ids(person)}) or other_customer_id = any(${ids(person)})`,
  },
  devices: ofCustomer,
  push_tickets: ofCustomer,
  agent_tasks: ofCustomer,
  // The hashes outlive the person here until the platform has been told to forget them.
  audience_uploads: {
    fate: 'blank',
    where: byCustomer,
    set: sql`upload_id = gen_random_uuid()::text, customer_id = null, status = 'removing',
      due_at = coalesce(due_at, now()),
      waits_since = coalesce(waits_since, date_trunc('milliseconds', now()))`,
  },
  audience_memberships: ofCustomer,
  identities: ofCustomer,
  customers: ofCustomer,
  payload_keys: keep('Destroyed when everything else is gone.'),
  erasures: keep('It is the receipt, and says nothing about the person.'),
  tombstones: keep('Keyed hashes, so that the person does not come back unasked.'),
  dropped_events: keep('Numbers only.'),
  feedback_counts: keep('Numbers only.'),
  feedback_tokens: keep('Random tokens of providers and hashes of what came with them, for a day.'),
  plan_counts: keep('Names that callers give to events and traits, and numbers.'),
  touchpoint_counts: keep('Names of sources, channels and events, and numbers.'),
  touchpoints: keep('What people say of sources.'),
  api_keys: keep('Of callers, not of customers.'),
  condition_failures: keep('Places in journeys, and what went wrong there; no values.'),
  consent_texts: keep('Wordings, which are the same for everybody.'),
  journeys: keep('Written by people for everybody.'),
  journey_versions: keep('Written by people for everybody.'),
  rule_book: keep('Written by people for everybody.'),
  rule_books: keep('Written by people for everybody.'),
  retention_runs: keep('Numbers only.'),
  quality_work: keep('What people did about findings; no values.'),
  quality_checkpoints: keep('Numbers only.'),
  quality_schedule: keep('Written by people for everybody.'),
  rule_documents: keep('Written by people for everybody.'),
  audiences: keep('Written by people for everybody.'),
  audience_versions: keep('Written by people for everybody.'),
  library_messages: keep('Written by people for everybody.'),
  library_message_versions: keep('Written by people for everybody.'),
  renewals: keep('Written by people for everybody.'),
  entry_runs: keep('Numbers only, and the id of the last customer looked at.'),
  audience_watches: keep('Numbers only, and the id of the last customer looked at.'),
  migrations: keep('Plans and their numbers.'),
  jobs: keep('Reports with numbers over everybody.'),
  population_statistics: keep('Numbers over everybody.'),
  lifecycle_rollouts: keep('Plans and their numbers.'),
  stops: keep('What operators stopped.'),
  resumes: keep('What operators resumed.'),
  capacities: keep('Numbers only.'),
  domain_days: keep('Numbers only.'),
  throttles: keep('Numbers only.'),
}

/** Rows of one statement. */
const SLICE_ROWS = 5_000

/**
 * Carries out one slice of a table's fate; answers how many rows it met. Fewer than asked for are the last.
 */
export async function eraseSlice(
  trx: Transaction<Database>,
  table: keyof Database,
  person: Person,
): Promise<{ rows: number; isLast: boolean }> {
  const found = PERSONAL_DATA[table]
  if (found.fate === 'keep') return { rows: 0, isLast: true }
  const rows = sql`ctid in (
    select ctid from ${sql.table(table)} where ${found.where(person)} limit ${SLICE_ROWS})`
  const done =
    found.fate === 'delete'
      ? await sql`delete from ${sql.table(table)} where ${rows}`.execute(trx)
      : await sql`update ${sql.table(table)} set ${found.set} where ${rows}`.execute(trx)
  const count = Number(done.numAffectedRows ?? 0)
  // What is blanked is not met again; customers may refer to each other, so all of them go at once.
  return { rows: count, isLast: count < SLICE_ROWS }
}

/** What is to be looked for. Empty once all of it is gone. */
export async function findPerson(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<Person> {
  const { rows: named } = await sql<{ value: string }>`
    select value from identities where customer_id = any(${[...customerIds]}::text[])`.execute(db)
  const { rows: traits } = await sql<{ email: string | null; phone: string | null }>`
    select traits ->> 'email' as email, traits ->> 'phone' as phone from customers
    where customer_id = any(${[...customerIds]}::text[])`.execute(db)
  const emails = traits.flatMap(({ email }) => (email === null ? [] : [email.trim().toLowerCase()]))
  const values = [
    ...named.map(({ value }) => value),
    ...traits.flatMap(({ email, phone }) => [email, phone].filter((each) => each !== null)),
    ...emails,
  ]
  return { customerIds, values: [...new Set(values)], emails: [...new Set(emails)] }
}
