import { randomUUID } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, inject } from 'vitest'
import { connectEmbedded, connectServer, type DatabaseHandle } from '../../db/connect.ts'
import { migrate } from '../../db/migrate.ts'
import type { Database } from '../../db/schema.ts'

/**
 * Runs a suite on PGlite and, where the machine has one, on a real PostgreSQL server: each with a
 * freshly migrated database of its own. `db()` may be called inside hooks and tests.
 */
export function describeOnEachDatabase(
  name: string,
  suite: (db: () => Kysely<Database>) => void,
): void {
  describe(`${name} [pglite]`, () => withDatabase(openEmbedded, suite))
  const url = inject('postgresUrl')
  if (url !== undefined)
    describe(`${name} [postgres]`, () => withDatabase(() => createServerDatabase(url), suite))
}

/** A copy of the empty database that the run began with. */
const openEmbedded = async (): Promise<DatabaseHandle> =>
  connectEmbedded(undefined, await openAsBlob(inject('emptyDatabase')))

function withDatabase(
  open: () => Promise<DatabaseHandle>,
  suite: (db: () => Kysely<Database>) => void,
): void {
  let handle: DatabaseHandle
  beforeAll(async () => {
    handle = await open()
    await migrate(handle.db)
  })
  afterAll(() => handle.close())
  suite(() => handle.db)
}

/** A new, empty database on the server, gone with its last connection. */
export async function createServerDatabase(
  serverUrl: string,
): Promise<DatabaseHandle & { url: string }> {
  const name = `rumbo_${randomUUID().replaceAll('-', '')}`
  const admin = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: serverUrl, max: 1 }) }),
  })
  await sql`create database ${sql.id(name)}`.execute(admin)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const handle = connectServer(url.href)
  return {
    ...handle,
    url: url.href,
    close: async () => {
      await handle.close()
      await sql`drop database if exists ${sql.id(name)} with (force)`.execute(admin)
      await admin.destroy()
    },
  }
}
