import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { z } from 'zod'
import { connectEmbedded } from '../db/connect.ts'
import type { ContactPolicy } from '../domain/contact/policy.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../domain/customers/lifecycle-rules.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../test/support/rumbo.ts'
import { startWorkflowWorker } from '../test/support/workflow-worker.ts'
import { startWebhookReceiver } from '../test/support/webhook-receiver.ts'
import { bundleWorkflows } from '../worker/bundle.ts'
import { customerWorkflowId } from '../workflows/customer-messages.ts'
import { AUDIENCE_ENTRY_WORKFLOW } from '../workflows/entry-messages.ts'
import { RESUME_WORKFLOW, resumeWorkflowId } from '../workflows/resume-messages.ts'
import { migrationWorkflowId } from '../workflows/migration-messages.ts'
import { RETENTION_WORKFLOW } from '../workflows/retention-messages.ts'
import { ROLLOUT_WORKFLOW } from '../workflows/rollout-messages.ts'
import { AUDIENCE_WATCH_WORKFLOW } from '../workflows/watch-messages.ts'

/**
 * Plays a few lives on a real engine and stores their histories for the replay test. Run it when
 * workflows learn something new, with a new story: a stored history is never written anew, since
 * there are actors in the world that have it.
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

/** The receiver is away for the first call, and then quotes a price. */
const receiver = await startWebhookReceiver(
  () => {},
  (_, before) => (before === 0 ? { status: 503 } : { body: { price: 12 } }),
)
/** Every step type that speaks with the world or hangs on a date. */
const renewal: Journey = {
  ...welcome,
  key: 'renewal',
  entry: { on: [{ date: 'renewal', offset: '-P7D' }, { api: true }] },
  exit: [],
  start: 'quote',
  steps: {
    quote: {
      type: 'webhook',
      url: receiver.url,
      body: { order: '{{ entry.name }}' },
      saveAs: 'quote',
      next: 'arms',
    },
    arms: {
      type: 'split',
      arms: [
        { id: 'few', weight: 50, next: 'rounds' },
        { id: 'many', weight: 50, next: 'rounds' },
      ],
    },
    rounds: {
      type: 'repeat',
      times: 2,
      while: 'answers.quote.body.price > 10',
      body: 'until',
      next: 'tell',
    },
    until: { type: 'wait', weekdays: ['monday'], at: '09:00', next: 'hello' },
    hello: { type: 'message', message: 'hello', sendBy: 'P1D', next: 'rounds' },
    tell: { type: 'emit', event: 'Renewal Told', next: 'day' },
    day: { type: 'wait', date: 'renewal', next: 'done', onMissing: 'done', onPast: 'done' },
    done: { type: 'exit' },
  },
  messages: { hello: mail('{{ answers.quote.body.price }}') },
}
const thanks: Journey = {
  ...welcome,
  key: 'thanks',
  entry: { on: [{ event: 'Renewal Told' }, { ended: 'renewal' }] },
  exit: [],
  start: 'done',
  steps: { done: { type: 'exit' } },
  messages: {},
}

const messageThenRest: Journey['steps'] = {
  hello: { type: 'message', message: 'hello', next: 'rest' },
  rest: { type: 'wait', for: 'P2D', next: 'bye' },
  bye: { type: 'message', message: 'bye', next: 'done' },
  done: { type: 'exit' },
}
/** One that leaves only when its step is over, one that holds its customer until a step, one beside both. */
const guide: Journey = {
  ...welcome,
  key: 'guide',
  entry: { on: [{ event: 'Guide Wanted' }] },
  exit: [],
  onPreempt: 'finishStep',
  steps: messageThenRest,
}
const care: Journey = {
  ...guide,
  key: 'care',
  arbitration: { mode: 'manual', rank: 500, lock: { untilStep: 'bye' } },
  entry: { on: [{ event: 'Care Needed' }] },
  onPreempt: 'pause',
}
const parcel: Journey = {
  ...welcome,
  key: 'parcel',
  lane: 'service',
  entry: { on: [{ event: 'Parcel Sent' }] },
  exit: [],
  steps: messageThenRest,
}
/** Held while a complaint is open, and once a week at most. */
const offers: Journey = {
  ...parcel,
  key: 'offers',
  class: 'relationship',
  lane: 'foreground',
  entry: { on: [{ event: 'Offer Made' }], reentry: { mode: 'afterExit' } },
}
const policy: ContactPolicy = {
  caps: [{ name: 'weekly', max: 2, window: 'P7D', classes: ['relationship'], onCap: 'hold' }],
  exclusions: [{ preset: 'complaintOpen', scope: { classes: ['relationship'] } }],
}

/** Stories of customers who are not for test: those never sleep. */
const REAL: ReadonlySet<string> = new Set(['woken-and-asleep-again'])
/** Each story: what happens to a fresh customer, for test unless it says otherwise. Its name is the file's. */
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
  'renewed-on-a-date': async (rumbo, user) => {
    await rumbo.call('POST', '/v1/identify', {
      userId: user,
      traits: { renewal: new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10) },
    })
    await fastForward(rumbo, user, 'P45D')
  },
  'entered-by-api': async (rumbo, user) => {
    await rumbo.call('POST', `/v1/customers/${user}/enter`, { journey: 'renewal' })
    await fastForward(rumbo, user, 'P20D')
  },
  'moved-and-brought-back': async (rumbo, user) => {
    await rumbo.track(user, 'Signed Up')
    await fastForward(rumbo, user, 'P1D')
    const { steps } = welcome
    await rumbo.publish({
      ...welcome,
      steps: { ...steps, rest: { type: 'wait', for: 'P5D', next: 'look' } },
    })
    const plan = {
      from: 1,
      to: 2,
      steps: Object.fromEntries(Object.keys(steps).map((step) => [step, step])),
    }
    const { body } = await rumbo.call('POST', '/v1/journeys/welcome/migrations', plan)
    const migrationId = z.string().parse(body['migrationId'])
    const path = `/v1/journeys/welcome/migrations/${migrationId}`
    const isNow = (status: string) =>
      eventually(status, async () => (await rumbo.call('GET', path)).body['status'] === status)
    await isNow('done')
    await rumbo.call('POST', `${path}/undo`)
    await isNow('undone')
    await store(rumbo, 'a-migration', migrationWorkflowId(migrationId))
    await fastForward(rumbo, user, 'P3D')
  },
  'beside-locked-and-after-a-step': async (rumbo, user) => {
    await rumbo.track(user, 'Guide Wanted')
    await rumbo.track(user, 'Parcel Sent')
    await fastForward(rumbo, user, 'P1D')
    await rumbo.track(user, 'Care Needed')
    await fastForward(rumbo, user, 'P10D')
  },
  'held-by-a-complaint': async (rumbo, user) => {
    const complaint = { complaint_id: 'c1' }
    await rumbo.track(user, 'Offer Made')
    await fastForward(rumbo, user, 'P1D')
    await rumbo.track(user, 'Complaint Opened', complaint)
    await fastForward(rumbo, user, 'P2D')
    await rumbo.track(user, 'Complaint Closed', complaint)
    await fastForward(rumbo, user, 'P1D')
  },
  'held-by-a-cap': async (rumbo, user) => {
    await rumbo.track(user, 'Offer Made')
    await fastForward(rumbo, user, 'P3D')
    await rumbo.track(user, 'Offer Made')
    await fastForward(rumbo, user, 'P8D')
  },
  'stopped-and-resumed': async (rumbo, user) => {
    await rumbo.track(user, 'Guide Wanted')
    await fastForward(rumbo, user, 'P1D')
    await rumbo.track(user, 'Care Needed')
    await rumbo.call('POST', '/v1/control/panic', { scope: 'all', reason: 'recorded' })
    await fastForward(rumbo, user, 'P2D')
    const resume = { scope: 'all', ramp: { perSecond: 50 } }
    const { body } = await rumbo.call('POST', '/v1/control/resume', resume)
    const workflowId = resumeWorkflowId(z.string().parse(body['resumeId']))
    await rumbo.client.workflow.getHandle(workflowId).result()
    await store(rumbo, 'a-resume', workflowId)
    await fastForward(rumbo, user, 'P5D')
  },
  'an-offer-committed': async (rumbo, user) => {
    await rumbo.track(user, 'Offer Made')
    await fastForward(rumbo, user, 'PT1M')
    const { status, body } = await rumbo.call('POST', `/v1/customers/${user}/next`, {
      channel: 'call-centre',
      offers: [{ id: 'upgrade', class: 'relationship', value: 10 }],
      commit: { offer: 'upgrade' },
    })
    if (status !== 200) throw new Error(JSON.stringify(body))
    await fastForward(rumbo, user, 'P8D')
  },
  'woken-and-asleep-again': async (rumbo, user) => {
    for (const life of [1, 2]) {
      await rumbo.track(user, 'Product Viewed')
      const customerId = await customerOf(rumbo, user)
      await eventually(`life ${life} is over`, async () => {
        const { actor, actor_life: lives } = await rumbo.db
          .selectFrom('customers')
          .select(['actor', 'actor_life'])
          .where('customer_id', '=', customerId)
          .executeTakeFirstOrThrow()
        return lives === life && actor === 'asleep'
      })
      await rumbo.client.workflow.getHandle(customerWorkflowId(customerId)).result()
    }
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

/** Rounds with a pause between them, with none, and the last. What they do is SQL's, and stands in no history. */
const threeRounds = () => {
  const answers = [
    { isOver: false, nextInMs: 100 },
    { isOver: false, nextInMs: 0 },
  ]
  return async () => answers.shift() ?? { isOver: true, nextInMs: 0 }
}
/** Work in rounds, each over activities that only answer. Its name is the file's. */
const WORKS: Readonly<Record<string, { type: string; args?: unknown[]; activities: object }>> = {
  'a-rollout': {
    type: ROLLOUT_WORKFLOW,
    args: [{ version: 2 }],
    activities: { rollOutSome: threeRounds() },
  },
  'a-look-at-an-audience': {
    type: AUDIENCE_WATCH_WORKFLOW,
    args: [{ audience: 'gold' }],
    activities: { watchSome: threeRounds() },
  },
  'an-entry-of-an-audience': {
    type: AUDIENCE_ENTRY_WORKFLOW,
    args: [{ journey: 'sale' }],
    activities: { beginEntry: async () => ({ entryId: 'e1' }), enterSome: threeRounds() },
  },
  'a-resume-in-rounds': {
    type: RESUME_WORKFLOW,
    args: [{ resumeId: 'r1' }],
    activities: { resumeSome: threeRounds() },
  },
  'a-retention': {
    type: RETENTION_WORKFLOW,
    activities: { beginRetention: async () => ({ runId: 'r1' }), retainSome: threeRounds() },
  },
}

const fileOf = (name: string): string => `${FOLDER}${name}.${RELEASE}.json`

async function store(
  { client }: Pick<TestRumbo, 'client'>,
  name: string,
  workflowId: string,
): Promise<void> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory()
  writeFileSync(fileOf(name), `${historyToJSON(history)}\n`)
  console.log(`${name}: ${history.events?.length} events`)
}

const workflowBundle = await bundleWorkflows()
for (const [name, { type, args = [], activities }] of Object.entries(WORKS)) {
  if (existsSync(fileOf(name))) continue
  const worker = await startWorkflowWorker(name, activities, workflowBundle)
  await worker.client.workflow.execute(type, { workflowId: name, taskQueue: name, args })
  await store(worker, name, name)
  await worker.stop()
}

const rumbo = await startTestRumbo(await connectEmbedded(), {
  workflowBundle,
  lifecycle: { ...DEFAULT_LIFECYCLE_RULES, hibernateAfter: 'PT1S' },
})
await rumbo.call('PUT', '/v1/contact-policy', policy)
await rumbo.publish(welcome, returns, renewal, thanks, guide, care, parcel, offers)
for (const [name, play] of Object.entries(STORIES)) {
  if (existsSync(fileOf(name))) continue
  if (!REAL.has(name))
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
  await store(rumbo, name, workflowId)
}
await rumbo.stop()
await receiver.stop()
process.exit(0)
