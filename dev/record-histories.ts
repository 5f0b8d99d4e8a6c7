import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { connectEmbedded } from '../db/connect.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../test/support/rumbo.ts'
import { bundleWorkflows } from '../worker/bundle.ts'
import { customerWorkflowId } from '../workflows/customer-messages.ts'

/**
 * Plays a few lives on a real engine and stores their histories for the replay test. Run it when
 * workflows learn something new, under a new name: a stored history is never edited, since there are
 * actors in the world that have it.
 *
 *   node dev/record-histories.ts
 */
const RELEASE = '0.1.0'
const FOLDER = fileURLToPath(new URL('../workflows/histories/', import.meta.url))

const mail = (subject: string) => ({ email: { subject, html: `<p>${subject}</p>` } })
const welcome: Journey = {
  key: 'welcome',
  class: 'service',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Signed Up' }] },
  exit: [{ event: 'Closed', reason: 'closed' }],
  start: 'hello',
  steps: {
    hello: { type: 'message', message: 'hello', next: 'rest' },
    rest: { type: 'wait', for: 'P2D', at: '09:00', next: 'look' },
    look: {
      type: 'branch',
      cases: [{ when: "count('Product Viewed') > 1", next: 'listen' }],
      else: 'listen',
    },
    listen: {
      type: 'waitFor',
      event: 'Product Viewed',
      within: 'P3D',
      next: 'mark',
      onTimeout: 'mark',
    },
    mark: { type: 'update', set: { welcomed: true }, next: 'bye' },
    bye: { type: 'message', message: 'bye', next: 'done' },
    done: { type: 'exit' },
  },
  messages: { hello: mail('Hello'), bye: mail('Bye') },
}
const returns: Journey = {
  ...welcome,
  key: 'returns',
  arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
  entry: { on: [{ event: 'Order Refunded' }], reentry: { mode: 'afterExit' } },
  exit: [],
}

/** Each story: what happens to a fresh test customer. Its name is the file's. */
const STORIES: Readonly<Record<string, (rumbo: TestRumbo, user: string) => Promise<unknown>>> = {
  'filtered-and-counted': async (rumbo, user) => {
    await rumbo.track(user, 'Product Viewed')
    await rumbo.track(user, 'Unknown Thing')
  },
  'flow-to-the-end': async (rumbo, user) => {
    await rumbo.track(user, 'Signed Up')
    await fastForward(rumbo, user, 'P14D')
  },
  'switched-and-resumed': async (rumbo, user) => {
    await rumbo.track(user, 'Signed Up')
    await fastForward(rumbo, user, 'P1D')
    await rumbo.track(user, 'Order Refunded')
    await fastForward(rumbo, user, 'P20D')
  },
  'left-in-the-middle-of-a-wait': async (rumbo, user) => {
    await rumbo.track(user, 'Signed Up')
    await fastForward(rumbo, user, 'P1D')
    await rumbo.track(user, 'Closed')
  },
  'cancelled-by-an-operator': async (rumbo, user) => {
    await rumbo.track(user, 'Signed Up')
    await fastForward(rumbo, user, 'P1D')
    const handle = rumbo.client.workflow.getHandle(
      customerWorkflowId(await customerOf(rumbo, user)),
    )
    await handle.cancel()
    await handle.result()
  },
}

async function customerOf({ db }: TestRumbo, user: string): Promise<string> {
  const row = await db
    .selectFrom('identities')
    .select('customer_id')
    .where('value', '=', user)
    .executeTakeFirstOrThrow()
  return row.customer_id
}

async function fastForward(rumbo: TestRumbo, user: string, by: string): Promise<void> {
  const { status, body } = await rumbo.call('POST', `/v1/customers/${user}/fast-forward`, { by })
  if (status !== 200) throw new Error(JSON.stringify(body))
}

const rumbo = await startTestRumbo(await connectEmbedded(), {
  workflowBundle: await bundleWorkflows(),
})
await rumbo.publish(welcome, returns)
for (const [name, play] of Object.entries(STORIES)) {
  await rumbo.call('POST', '/v1/test-customers', {
    userId: name,
    traits: { email: `${name}@example.com` },
  })
  await play(rumbo, name)
  const workflowId = customerWorkflowId(await customerOf(rumbo, name))
  await eventually(`${name} is at rest`, async () => {
    const { raw } = await rumbo.client.workflow.getHandle(workflowId).describe()
    return raw.pendingWorkflowTask == null && (raw.pendingActivities ?? []).length === 0
  })
  const history = await rumbo.client.workflow.getHandle(workflowId).fetchHistory()
  writeFileSync(`${FOLDER}${name}.${RELEASE}.json`, `${historyToJSON(history)}\n`)
  console.log(`${name}: ${history.events?.length} events`)
}
await rumbo.stop()
process.exit(0)
