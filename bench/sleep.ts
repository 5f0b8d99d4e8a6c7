import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { npmStart } from '../test/support/npm-start.ts'
import { createCustomers } from './customers.ts'
import { COUNTED_EVENT } from './journeys.ts'
import { pastOf } from './past.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { API_KEY, startSystem, type System } from './system.ts'

const GROUP = 200
/** Groups that are being accepted at once: as an import over HTTP keeps a few calls under way. */
const GROUPS_AT_ONCE = 4
const APPLIED_MS_MAX = 15 * 60_000
const READY_MS_MAX = 120_000
const POLL_MS = 20
const SAID_EVERY_MS = 15_000

export interface SleepSizes {
  readonly sleepers: number
  /** Started besides, to weigh an open actor. */
  readonly opened: number
  readonly woken: number
}

export interface SleepResult {
  readonly customers: number
  readonly events: number
  /** Until the last of them was stored. */
  readonly storedSeconds: number
  /** Until the last of them was applied. */
  readonly appliedSeconds: number
  readonly asleep: number
  /** Workflows that the engine knows after the import. */
  readonly started: number
  /** Bytes by table, the largest first. */
  readonly tables: readonly { readonly name: string; readonly bytes: number }[]
  readonly snapshotBytes: number
  readonly opened: number
  /** Bytes on the engine for each open actor. */
  readonly openBytes: number
  /** From asking until the event is handled, in ms. */
  readonly woken: Spread
  readonly awake: Spread
  /** From `npm start` until it says that it is ready, in ms: with all of them, and with an empty folder. */
  readonly readyMs: number
  readonly emptyReadyMs: number
}

/** What customers asleep cost and how they wake: imported in process, then served by `npm start` on the same folder. */
export async function measureSleep(
  sizes: SleepSizes,
  say: (what: string) => void,
  resources: AsyncDisposableStack,
): Promise<SleepResult> {
  const [folder, empty] = ['full', 'empty'].map((name) =>
    mkdtempSync(join(tmpdir(), `rumbo-bench-${name}-`)),
  ) as [string, string]
  for (const each of [folder, empty])
    resources.defer(() => rmSync(each, { recursive: true, force: true }))
  const running = resources.use(new AsyncDisposableStack())
  say('Starting engine, store, API and workers')
  const system = await startSystem({ databaseUrl: undefined, folder }, running)

  const past = await pastOf(sizes.sleepers, Date.now())
  say(`Importing ${past.length} events of ${sizes.sleepers} customers`)
  const imported = await importAll(system, past, say)
  const { asleep, snapshotBytes } = await countAsleep(system)
  const { count: started } = await system.client.workflow.count()
  const tables = await tableSizes(system)

  say(`Starting ${sizes.opened} actors`)
  const before = engineBytes(folder)
  const open = await createCustomers(system, sizes.opened)
  const openBytes = (engineBytes(folder) - before) / open.length

  say(`Waking ${sizes.woken}`)
  const dispatcher = await system.dispatch()
  const sleeping = await listSleeping(system, sizes.woken)
  const woken = await ask(system, sleeping)
  const awake = await ask(
    system,
    open.slice(0, sizes.woken).map(({ userId }) => userId),
  )
  await dispatcher.stop()
  await running.disposeAsync()

  say('npm start on an empty folder, and on this one')
  const emptyReadyMs = await readyAfterMs(empty, resources)
  const readyMs = await readyAfterMs(folder, resources)
  return {
    customers: sizes.sleepers,
    events: past.length,
    ...imported,
    asleep,
    started,
    tables,
    snapshotBytes,
    opened: open.length,
    openBytes,
    woken,
    awake,
    readyMs,
    emptyReadyMs,
  }
}

async function importAll(
  system: System,
  past: Awaited<ReturnType<typeof pastOf>>,
  say: (what: string) => void,
): Promise<{ storedSeconds: number; appliedSeconds: number }> {
  const dispatcher = await system.dispatch()
  const beganMs = performance.now()
  for (let from = 0; from < past.length; from += GROUP * GROUPS_AT_ONCE)
    await Promise.all(
      Array.from({ length: GROUPS_AT_ONCE }, (_, place) =>
        system.acceptor.accept(past.slice(from + place * GROUP, from + (place + 1) * GROUP)),
      ),
    )
  const storedMs = performance.now()
  say(`  stored after ${((storedMs - beganMs) / 1_000).toFixed(0)} s`)
  for (let saidMs = storedMs; ; await sleep(POLL_MS * 10)) {
    const waiting = await countWaiting(system)
    if (waiting === 0) break
    if (performance.now() - storedMs > APPLIED_MS_MAX)
      throw new Error(`${waiting} customers still wait for their events to be applied.`)
    if (performance.now() - saidMs < SAID_EVERY_MS) continue
    saidMs = performance.now()
    say(`  ${waiting} customers wait`)
  }
  const appliedMs = performance.now()
  await dispatcher.stop()
  return {
    storedSeconds: (storedMs - beganMs) / 1_000,
    appliedSeconds: (appliedMs - beganMs) / 1_000,
  }
}

async function countWaiting({ db }: System): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from (
      select customer_id from events where status = 'pending'
      union select customer_id from batches where delivered_at is null) each`.execute(db)
  return rows[0]?.waiting ?? 0
}

async function countAsleep({ db }: System): Promise<{ asleep: number; snapshotBytes: number }> {
  const { rows } = await sql<{ asleep: number; snapshotBytes: number }>`
    select count(*)::int as asleep, avg(pg_column_size(snapshot))::float8 as "snapshotBytes"
    from customers where actor = 'asleep'`.execute(db)
  return rows[0] ?? { asleep: 0, snapshotBytes: Number.NaN }
}

/** Indexes and what is stored out of line included. */
async function tableSizes({ db }: System): Promise<SleepResult['tables']> {
  const { rows } = await sql<{ name: string; bytes: number }>`
    select relname as name, pg_total_relation_size(oid)::float8 as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace
    order by bytes desc limit 6`.execute(db)
  return rows
}

/** The engine's database and its log; what is written is in one of both. */
function engineBytes(folder: string): number {
  return ['temporal.db', 'temporal.db-wal'].reduce((bytes, name) => {
    const file = statSync(join(folder, 'temporal', name), { throwIfNoEntry: false })
    return bytes + (file?.size ?? 0)
  }, 0)
}

async function listSleeping({ db }: System, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('identities')
    .innerJoin('customers', 'customers.customer_id', 'identities.customer_id')
    .select('value')
    .where('kind', '=', 'user')
    .where('actor', '=', 'asleep')
    .orderBy('value')
    .limit(limit)
    .execute()
  return rows.map(({ value }) => value)
}

/** One after the other, each until its event is handled. */
async function ask({ url }: System, userIds: readonly string[]): Promise<Spread> {
  const took: number[] = []
  for (const userId of userIds) {
    const beganMs = performance.now()
    const answer = await fetch(`${url}/v1/track?wait=handled`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ userId, event: COUNTED_EVENT, messageId: randomUUID() }),
    })
    await answer.arrayBuffer()
    if (answer.status !== 200) throw new Error(`An event was not handled: ${answer.status}`)
    took.push(performance.now() - beganMs)
  }
  return spreadOf(took)
}

async function readyAfterMs(folder: string, resources: AsyncDisposableStack): Promise<number> {
  const beganMs = performance.now()
  const server = npmStart({ RUMBO_DATA: folder, RUMBO_API_KEY: API_KEY })
  const stop = async (): Promise<void> => {
    server.npm.kill('SIGTERM')
    await server.ended
  }
  resources.defer(stop)
  const url = await server.up()
  while (performance.now() - beganMs < READY_MS_MAX) {
    const { ok } = await fetch(`${url}/readyz`).catch(() => ({ ok: false }))
    const tookMs = performance.now() - beganMs
    if (ok) {
      await stop()
      return tookMs
    }
    await sleep(POLL_MS)
  }
  throw new Error(`npm start was not ready within ${READY_MS_MAX / 1_000} s.`)
}
