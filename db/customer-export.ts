import { sql, type Kysely } from 'kysely'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { findPerson, PERSONAL_DATA, type Person } from './personal-data.ts'
import type { Database } from './schema.ts'
import { idsOf } from './survivors.ts'

type Table = keyof Database

/** What is personal and not exported: it says nothing that does not stand elsewhere, or is not about the person. */
export const NOT_EXPORTED: Partial<Record<Table, string>> = {
  idempotency_keys: 'Answers kept for a day; what they say stands in the other sections.',
  batches: 'What the actor was told of the events, which stand there whole.',
}

/** Columns that run the machine, and say nothing about the person. */
const MACHINERY: Partial<Record<Table, readonly string[]>> = {
  customers: ['lease_until', 'lease_owner', 'delivery_epoch', 'actor_life', 'page_turn'],
}

/** Rows read at once: what is in memory, whatever there is. */
const PAGE_ROWS = 500

/** The sections of an export: every table that an erasure would take something from, in its order. */
export const EXPORTED: readonly Table[] = (Object.keys(PERSONAL_DATA) as Table[]).filter(
  (table) => PERSONAL_DATA[table].fate !== 'keep' && NOT_EXPORTED[table] === undefined,
)

/** As callers write names: `consent_history` → `consentHistory`. */
export const sectionName = (name: string): string =>
  name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** The customer with all that became part of it, and what it is found by. */
export async function findExported(db: Kysely<Database>, customerId: string): Promise<Person> {
  const { rows } = await sql<{ id: string }>`select unnest(${idsOf(customerId)}) as id`.execute(db)
  return findPerson(
    db,
    rows.map(({ id }) => id),
  )
}

/** The rows of one section, page by page, in the order in which they are stored. */
export async function* exportRows(
  db: Kysely<Database>,
  table: Table,
  person: Person,
): AsyncGenerator<JsonObject[]> {
  const found = PERSONAL_DATA[table]
  if (found.fate === 'keep') return
  const without = sql`${[...(MACHINERY[table] ?? [])]}::text[]`
  for (let after = '(0,0)'; ;) {
    const { rows } = await sql<{ place: string; row: JsonObject }>`
      select ctid::text as place, to_jsonb(t) - ${without} as row from ${sql.table(table)} as t
      where ctid > ${after}::tid and (${found.where(person)})
      order by ctid limit ${PAGE_ROWS}`.execute(db)
    if (rows.length > 0) yield rows.map(({ row }) => withSectionNames(row))
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE_ROWS) return
    after = last.place
  }
}

const withSectionNames = (row: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [sectionName(name), value]))

/** A JSON Schema of each section's rows, read off the tables: what is exported cannot differ from it. */
export async function readExportSchema(db: Kysely<Database>): Promise<Record<string, JsonObject>> {
  const { rows } = await sql<{ table: Table; column: string; type: string; optional: boolean }>`
    select table_name as table, column_name as column, data_type as type,
      is_nullable = 'YES' as optional
    from information_schema.columns
    where table_schema = 'public' and table_name = any(${[...EXPORTED]}::text[])
    order by table_name, ordinal_position`.execute(db)
  const sections: Record<string, JsonObject> = {}
  for (const [table, columns] of Map.groupBy(rows, (row) => row.table)) {
    const shown = columns.filter(({ column }) => MACHINERY[table]?.includes(column) !== true)
    sections[sectionName(table)] = {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: shown.map(({ column }) => sectionName(column)),
        properties: Object.fromEntries(
          shown.map(({ column, type, optional }) => [sectionName(column), shapeOf(type, optional)]),
        ),
      },
    }
  }
  return sections
}

function shapeOf(type: string, optional: boolean): JsonValue {
  const shape = SHAPES[type]
  if (shape === undefined) return {}
  const { type: name, ...rest } = shape
  return optional ? { type: [name, 'null'], ...rest } : { type: name, ...rest }
}

/** By PostgreSQL's type. JSON may be anything. */
const SHAPES: Readonly<Record<string, { readonly type: string; readonly format?: string }>> = {
  text: { type: 'string' },
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  bigint: { type: 'integer' },
  'double precision': { type: 'number' },
  'timestamp with time zone': { type: 'string', format: 'date-time' },
  ARRAY: { type: 'array' },
}
