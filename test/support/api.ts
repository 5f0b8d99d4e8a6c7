import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { createApp } from '../../api/app.ts'
import type { ApiDeps } from '../../api/deps.ts'
import type { Database } from '../../db/schema.ts'
import type { Scope } from '../../domain/scopes.ts'
import { createEventAcceptor } from '../../operations/accept-events.ts'
import { createKey } from '../../operations/create-key.ts'
import { ensureFirstKey } from '../../operations/ensure-first-key.ts'
import { ensureRuleBook } from '../../operations/ensure-rule-book.ts'
import { createPublishedRules } from '../../operations/published-rules.ts'
import { createLog } from '../../platform/log.ts'
import { LINK_SECRET, TOMBSTONE_SECRET } from './link-secret.ts'

/** The API over a real database and without an engine: what needs one is tested end to end. */
export interface TestApi {
  readonly deps: ApiDeps
  /** The first key, with all scopes. */
  readonly key: string
  readonly request: (
    call: string,
    options?: { body?: unknown; key?: string | null; headers?: Record<string, string> },
  ) => Promise<Response>
  /** A new key with these scopes only. */
  readonly keyWith: (...scopes: Scope[]) => Promise<string>
  /** Customers who were reported as having something to be delivered. */
  readonly pending: string[]
}

/** An app on `db`; `request('POST /v1/track', { body })` calls it with the first key. */
export async function createTestApi(
  db: Kysely<Database>,
  changes: Partial<ApiDeps> = {},
): Promise<TestApi> {
  await ensureRuleBook({ db })
  const key = 'a-key-for-tests-only'
  await ensureFirstKey({ db, fixedKey: key })
  const pending: string[] = []
  const rules = createPublishedRules()
  const now = () => Date.now()
  const onPending = (customerIds: string[]) => void pending.push(...customerIds)
  const deps: ApiDeps = {
    db,
    rules,
    now,
    onPending,
    onMigration: () => {},
    onResume: () => {},
    onRollout: () => {},
    onEntry: () => {},
    onRetention: () => {},
    onJob: () => {},
    log: createLog({ level: 'silent' }),
    acceptor: createEventAcceptor({ db, rules, now, onPending, tombstoneSecret: TOMBSTONE_SECRET }),
    client: () => ({}) as Client,
    timeTravel: false,
    checkEngine: async () => {},
    linkSecret: LINK_SECRET,
    tombstoneSecret: TOMBSTONE_SECRET,
    encryptsPayloads: false,
    temporalUi: { url: 'http://127.0.0.1:8233', namespace: 'default' },
    ...changes,
  }
  const app = createApp(deps)

  const request: TestApi['request'] = async (
    call,
    { body, key: with_ = key, headers = {} } = {},
  ) => {
    const [method = 'GET', path = '/'] = call.split(' ')
    return app.request(path, {
      method,
      headers: {
        ...(with_ === null ? {} : { authorization: `Bearer ${with_}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }
  const keyWith = async (...scopes: Scope[]) => {
    const { secret } = await createKey({ db }, { name: scopes.join(), scopes, by: 'test' })
    return secret
  }
  return { deps, key, request, keyWith, pending }
}
