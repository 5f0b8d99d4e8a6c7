import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import type { TestProject } from 'vitest/node'
import { migrate } from '../../db/migrate.ts'
import type { Database } from '../../db/schema.ts'
import { startPostgres } from '../../dev/postgres.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A real PostgreSQL server started for the run; undefined where the machine has none. */
    postgresUrl: string | undefined
    /** The dump of an embedded database with the newest schema. */
    emptyDatabase: string
  }
}

/**
 * One real PostgreSQL server for the whole run, where the machine has its programs; and one embedded
 * database, made once: a copy of it costs a quarter of making another.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres()
  const folder = await mkdtemp(join(tmpdir(), 'rumbo-test-'))
  const emptyDatabase = join(folder, 'empty.tar')
  await writeFile(emptyDatabase, await dumpEmptyDatabase())
  project.provide('emptyDatabase', emptyDatabase)
  if (postgres === undefined)
    process.stderr.write('No PostgreSQL programs here (pg_config): SQL is tested on PGlite only.\n')
  project.provide('postgresUrl', postgres?.url)
  return async () => {
    await postgres?.stop()
    await rm(folder, { recursive: true })
  }
}

async function dumpEmptyDatabase(): Promise<Buffer> {
  const pglite = await PGlite.create()
  const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) })
  await migrate(db)
  const dump = await pglite.dumpDataDir('none')
  await db.destroy()
  return Buffer.from(await dump.arrayBuffer())
}
