import type { TestProject } from 'vitest/node'
import { startPostgres } from '../../dev/postgres.ts'

/** One real PostgreSQL server for the whole run, where the machine has its programs. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres()
  if (postgres === undefined)
    process.stderr.write('No PostgreSQL programs here (pg_config): SQL is tested on PGlite only.\n')
  project.provide('postgresUrl', postgres?.url)
  return async () => postgres?.stop()
}
