import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

interface Rule {
  /** Our own folders, or single files, that may be imported. Types of `api` are named by file. */
  readonly ours: readonly string[]
  /** Packages. `*`: any. `node:`: Node itself. */
  readonly packages: readonly string[]
}

/** Who may import whom. This table is the architecture; ARCHITECTURE.md explains it. */
const TABLE: Readonly<Record<string, Rule>> = {
  domain: { ours: ['domain'], packages: [] },
  workflows: {
    ours: ['workflows', 'domain', 'activities/contract.ts'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
  },
  activities: {
    ours: ['activities', 'domain', 'db', 'channels', 'platform'],
    packages: ['@temporalio/activity', 'kysely', 'node:'],
  },
  channels: {
    ours: ['channels', 'domain', 'platform'],
    packages: ['nodemailer', 'smtp-server', 'postal-mime', 'standardwebhooks', 'node:'],
  },
  db: {
    ours: ['db', 'domain'],
    packages: ['kysely', 'pg', '@electric-sql/pglite', 'lru-cache', 'node:'],
  },
  operations: {
    ours: [
      'operations',
      'domain',
      'db',
      'workflows/customer-messages.ts',
      'workflows/backtest-messages.ts',
      'workflows/migration-messages.ts',
      'workflows/resume-messages.ts',
      'workflows/retention-messages.ts',
      'workflows/rollout-messages.ts',
      'workflows/entry-messages.ts',
      'workflows/watch-messages.ts',
      'platform',
    ],
    packages: ['kysely', '@temporalio/client', '@temporalio/common', 'node:'],
  },
  api: {
    ours: [
      'api',
      'domain',
      'operations',
      'db',
      'channels/http.ts',
      'workflows/customer-messages.ts',
      'platform',
    ],
    packages: [
      'hono',
      '@hono/',
      'zod',
      'postal-mime',
      'smtp-server',
      'kysely',
      '@temporalio/client',
      '@temporalio/common',
      'node:',
    ],
  },
  cli: {
    ours: ['cli', 'domain', 'api/client.ts', 'dev/running-server.ts', 'platform'],
    packages: [
      'cli-progress',
      'cli-table3',
      'commander',
      'csv-parse',
      'hono',
      'jsonc-parser',
      'node:',
    ],
  },
  worker: {
    ours: [
      'worker',
      'workflows',
      'activities',
      'channels',
      'db',
      'domain',
      'operations/rounds.ts',
      'operations/receive-feedback.ts',
      'operations/published-rules.ts',
      'platform',
    ],
    packages: ['@temporalio/client', '@temporalio/common', '@temporalio/worker', 'kysely', 'node:'],
  },
  platform: {
    ours: ['platform'],
    packages: [
      '@temporalio/client',
      '@temporalio/common',
      '@temporalio/envconfig',
      '@temporalio/proto',
      '@temporalio/worker',
      'pino',
      'node:',
    ],
  },
}

/** Files that may import one thing more than their folder, each with its reason in the file. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'domain/time.ts': ['temporal-polyfill'],
  'domain/conditions/language.ts': ['@marcbachmann/cel-js'],
  'domain/templates.ts': ['liquidjs'],
  'domain/nearest-name.ts': ['fastest-levenshtein'],
  'domain/customers/email-address.ts': ['validator', 'tr46'],
  'domain/customers/phone-number.ts': ['libphonenumber-js'],
  'domain/tracking/json-schema.ts': ['ajv/', 'ajv-formats', 're2js'],
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g

interface Import {
  readonly from: string
  readonly what: string
  /** Erased before anything runs. */
  readonly isType: boolean
}

const files = Object.keys(TABLE).flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|cases|d)\.ts$/.test(file))
    .map((file) => `${folder}/${file}`),
)
const importsOf = (file: string): Import[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(IMPORT)].map((match) => ({
    from: file,
    what: match[1] ?? match[2] ?? match[3] ?? '',
    isType: /^\s*import type\s/.test(match[0]),
  }))

describe('the house', () => {
  test.each(Object.keys(TABLE))('%s imports only what its row allows', (folder) => {
    const wrong = files
      .filter((file) => file.startsWith(`${folder}/`))
      .flatMap((file) => importsOf(file).filter((each) => !mayImport(folder, each)))
    expect(wrong.map(({ from, what }) => `${from} → ${what}`)).toEqual([])
  })

  test('zod in domain stays in *.schema.ts, which workflows never import', () => {
    const withZod = files.filter(
      (file) =>
        file.startsWith('domain/') &&
        importsOf(file).some(({ what, isType }) => what === 'zod' && !isType),
    )
    expect(withZod.filter((file) => !file.endsWith('.schema.ts'))).toEqual([])
  })

  test('domain has no clock and no dice of its own', () => {
    const impure = /\bDate\.now\(|\bnew Date\(\s*\)|\bMath\.random\(|\bperformance\./
    expect(
      files.filter(
        (file) => file.startsWith('domain/') && impure.test(readFileSync(join(ROOT, file), 'utf8')),
      ),
    ).toEqual([])
  })

  test('only platform/config.ts reads the environment', () => {
    const readers = files.filter((file) =>
      /process\.env\b/.test(readFileSync(join(ROOT, file), 'utf8')),
    )
    expect(readers).toEqual(['platform/config.ts'])
  })

  test('an index.ts is a registry, never a barrel', () => {
    const barrels = files.filter(
      (file) =>
        file.endsWith('/index.ts') && /export \*/.test(readFileSync(join(ROOT, file), 'utf8')),
    )
    expect(barrels).toEqual([])
  })
})

function mayImport(folder: string, { from, what, isType }: Import): boolean {
  const rule = TABLE[folder]
  if (rule === undefined) return false
  if (what.startsWith('.')) {
    const target = relative(ROOT, resolve(ROOT, dirname(from), what)).replaceAll('\\', '/')
    return rule.ours.some((allowed) => target === allowed || target.startsWith(`${allowed}/`))
  }
  const allowed = [
    ...rule.packages,
    ...(EXCEPTIONS[from] ?? []),
    ...(from.endsWith('.schema.ts') || isType ? ['zod'] : []),
  ]
  return allowed.some(
    (each) =>
      what === each ||
      what.startsWith(each.endsWith(':') || each.endsWith('/') ? each : `${each}/`),
  )
}
