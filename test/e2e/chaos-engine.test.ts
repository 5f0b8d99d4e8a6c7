import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { defaultPayloadConverter } from '@temporalio/common'
import { afterEach, expect, test } from 'vitest'
import { startTemporal } from '../../dev/temporal-server.ts'
import type { EventBatch } from '../../domain/actor/inputs.ts'
import { connectTemporal } from '../../platform/temporal.ts'
import { customerWorkflowId } from '../../workflows/customer-messages.ts'
import { keptEngine, killEngine } from '../support/engine.ts'
import { npmStart, processesLeftWith } from '../support/npm-start.ts'
import { Shop } from '../support/shop.ts'

const CUSTOMERS = 15
const EVENTS_MEANWHILE = 8
/** Longer than any deadline of a call to the engine, and than the longest pause between two tries. */
const DOWN_MS = 60_000

/** What has been started; undone in the opposite order, whatever became of the test. */
let started = new AsyncDisposableStack()
afterEach(async () => {
  await started.disposeAsync()
  started = new AsyncDisposableStack()
})

test(
  'row 15: engine down: events are accepted, delivered afterwards and in order, and nothing happens twice',
  { timeout: 200_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rumbo-chaos-'))
    started.defer(async () => {
      await processesLeftWith(folder, 15_000)
      rmSync(folder, { recursive: true, force: true })
    })
    const options = await keptEngine(folder)
    const first = await startTemporal(options)
    started.defer(first.stop)
    const shop = await Shop.open(() => true)
    started.defer(() => shop.close())
    const server = npmStart({
      RUMBO_DATA: join(folder, 'data'),
      TEMPORAL_ADDRESS: first.address,
      ...shop.settings,
    })
    started.defer(async () => {
      server.npm.kill('SIGTERM')
      await server.ended
    })
    shop.url = await server.up()
    await expect.poll(() => shop.readiness()).toMatchObject({ status: 200 })
    await shop.publish()
    const dies = shop.fuse.arm('webhook', CUSTOMERS, () => killEngine(options.dbFile))
    await Promise.all([shop.serve(CUSTOMERS), dies])
    await first.ended
    const downSince = performance.now()
    const inTheMiddle = shop.users
    expect(await shop.readiness()).toMatchObject({
      status: 503,
      body: { ready: false, sql: { ok: true }, engine: { ok: false } },
    })
    await shop.serve(CUSTOMERS)
    await Promise.all(
      inTheMiddle.map(async (user) => {
        for (let index = 1; index <= EVENTS_MEANWHILE; index++)
          await shop.track(user, 'Product Viewed', { index })
      }),
    )
    expect(shop.failedCalls).toBe(0)
    await sleep(DOWN_MS - (performance.now() - downSince))

    const second = await startTemporal(options)
    started.defer(second.stop)
    await expect
      .poll(() => shop.readiness(), { timeout: 30_000 })
      .toMatchObject({ status: 200, body: { ready: true } })
    const client = connectTemporal({ address: second.address, namespace: 'default' })
    started.defer(() => client.connection.close())
    await shop.untilQuiet(client, 90_000)
    await shop.expectNothingLostOrDoubled(client)
    for (const user of shop.users) await expectInOrder(client, (await shop.page(user)).customerId)
  },
)

/**
 * Batches 1, 2, 3 … as the engine got them, one of them perhaps twice in a row; their events in the order of
 * the log. Who takes up another customer hears of that first, and then what waited for both, in one order.
 */
async function expectInOrder(client: Client, customerId: string): Promise<void> {
  const history = await client.workflow.getHandle(customerWorkflowId(customerId)).fetchHistory()
  const batches = (history.events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes }) =>
    (workflowExecutionSignaledEventAttributes?.input?.payloads ?? []).map((payload) =>
      defaultPayloadConverter.fromPayload<EventBatch>(payload),
    ),
  )
  const once = batches.filter(({ n }, index) => n !== batches[index - 1]?.n)
  expect(once.map(({ n }) => n)).toEqual(once.map((_, index) => index + 1))
  const items = once.flatMap((batch) => batch.items)
  const taken = items.findIndex(({ type }) => type === 'absorb')
  const [before, after] = taken < 0 ? [items, []] : [items.slice(0, taken), items.slice(taken + 1)]
  for (const heard of [before, after]) {
    const seqs = seqsOf(heard)
    expect(seqs).toEqual(seqs.toSorted((one, other) => one - other))
  }
  expect(new Set([...seqsOf(before), ...seqsOf(after)]).size).toBe(
    seqsOf(before).length + seqsOf(after).length,
  )
}

/** The rows of the log that these items come from; one row may have several. */
const seqsOf = (items: EventBatch['items']): number[] => [...new Set(items.map(({ seq }) => seq))]
