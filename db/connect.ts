import { PGlite, types } from '@electric-sql/pglite'
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database } from './schema.ts'

/** Connections one process opens to a server. PGlite has one, whatever this says. */
const POOL_MAX = 10

/** A database and how to let go of it. */
export interface DatabaseHandle {
  readonly db: Kysely<Database>
  readonly close: () => Promise<void>
}

/** A PostgreSQL server (≥ 14). Fails on first use, not here, when the server cannot be reached. */
export function connectServer(databaseUrl: string): DatabaseHandle {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: POOL_MAX,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format),
    },
  })
  // An idle connection that the server drops must not end the process; the next query reports it.
  pool.on('error', () => {})
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return { db, close: () => db.destroy() }
}

/**
 * PostgreSQL inside this process: in `folder`, or in memory when it is undefined. `copyOf`: another one's
 * dump, to begin with.
 */
export async function connectEmbedded(folder?: string, copyOf?: Blob): Promise<DatabaseHandle> {
  const pglite = await PGlite.create({
    ...(folder === undefined ? {} : { dataDir: folder }),
    ...(copyOf === undefined ? {} : { loadDataDir: copyOf }),
    parsers: { [types.INT8]: Number },
  })
  const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) })
  return { db, close: () => db.destroy() }
}
