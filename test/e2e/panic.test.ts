import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findRunningServer } from '../../dev/running-server.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import { journey, mail } from '../support/journeys.ts'
import { npmStart, processesLeftWith, type StartedServer } from '../support/npm-start.ts'
import { eventually } from '../support/rumbo.ts'
import { startSmtpSink, type SmtpSink } from '../support/smtp-sink.ts'

const KEY = 'a-key-for-this-test-only'
const CUSTOMERS = 60
/** Those whose message is good for ten seconds only, and those whom another journey waits for. */
const HURRIED = 10
const WAITED_FOR = 10
/** What was handed over before the answer may be on its way for so long, as promised. */
const PROMISED_MS = 2_000

interface Control {
  readonly stops: readonly { readonly scope: unknown }[]
  readonly resumes: readonly { readonly status: string; readonly released: number }[]
  readonly parked: readonly { readonly reason: string; readonly sends: number }[]
}

const plain = (key: string, event: string, parts: Partial<Journey> = {}): Journey =>
  journey(key, {
    class: 'service',
    entry: { on: [{ event }] },
    steps: {
      hello: { type: 'message', message: 'hello', next: 'rest' },
      rest: { type: 'wait', for: 'P30D', next: 'done' },
      done: { type: 'exit' },
    },
    messages: { hello: mail(key) },
    ...parts,
  })
const welcome = plain('welcome', 'Signed Up')
const hurried = plain('hurried', 'Hurried', {
  steps: {
    ...welcome.steps,
    hello: { type: 'message', message: 'hello', sendBy: 'PT10S', next: 'rest' },
  },
})
const later = plain('later', 'Would Like', {
  arbitration: { mode: 'auto', value: 1 },
  queueFor: 'P7D',
})

let folder: string
let sink: SmtpSink
let server: StartedServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-panic-'))
  sink = await startSmtpSink()
  await start()
  for (const each of [welcome, hurried, later])
    await call('POST', `/v1/journeys/${each.key}/versions`, each)
})
afterAll(async () => {
  server.npm.kill('SIGTERM')
  await server.ended
  await processesLeftWith(folder, 15_000)
  await sink.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<void> {
  server = npmStart({ RUMBO_DATA: folder, RUMBO_API_KEY: KEY, SMTP_URL: sink.url })
  await server.up()
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${findRunningServer(folder)?.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

const control = () => call<Control>('GET', '/v1/control')
const parked = async (): Promise<number> =>
  (await control()).parked.reduce((sum, { sends }) => sum + sends, 0)
const track = (userId: string, event: string) => call('POST', '/v1/track', { userId, event })
const panic = () => call('POST', '/v1/control/panic', { scope: 'all', reason: 'a wrong price' })

/** How many mails were taken by the promised instant, and how many are a while later. */
async function takenAfterPanic(): Promise<{ promised: number; later: number }> {
  await sleep(PROMISED_MS)
  const promised = sink.taken.length
  await sleep(3_000)
  return { promised, later: sink.taken.length }
}

test('everything is stopped, survives, comes back in order, is stopped again, and nothing goes out twice', async () => {
  // The first are being sent while the rest still come in, when somebody sees what is wrong.
  for (let n = 0; n < CUSTOMERS; n++) {
    const userId = `user-${n}`
    await call('POST', '/v1/identify', { userId, traits: { email: `${userId}@example.com` } })
    await track(userId, 'Signed Up')
    if (n === CUSTOMERS / 3) await eventually('mails go out', async () => sink.taken.length > 5)
    if (n === CUSTOMERS / 2) await panic()
  }
  const early = await takenAfterPanic()
  expect(early.later).toBe(early.promised)
  expect(early.later).toBeLessThan(CUSTOMERS)
  await eventually(
    'the others are parked',
    async () => (await parked()) === CUSTOMERS - early.later,
  )
  // Late ones whose message will be stale, and people for whom somebody else waits.
  for (let n = 0; n < HURRIED; n++) {
    const userId = `hurried-${n}`
    await call('POST', '/v1/identify', { userId, traits: { email: `${userId}@example.com` } })
    await track(userId, 'Hurried')
  }
  const staleAtMs = Date.now() + 11_000
  for (let n = 0; n < WAITED_FOR; n++) await track(`user-${CUSTOMERS - 1 - n}`, 'Would Like')
  const held = CUSTOMERS - early.later + HURRIED
  await eventually('all are parked', async () => (await parked()) === held)

  // As the kernel does when memory runs out: npm and all that it runs, without a word.
  process.kill(-Number(server.npm.pid), 'SIGKILL')
  await server.ended
  await processesLeftWith(folder, 15_000)
  await start()
  expect((await control()).stops).toMatchObject([{ scope: 'all' }])
  expect(await parked()).toBe(held)
  expect(sink.taken).toHaveLength(early.later)

  await eventually('what was good for ten seconds is stale', async () => Date.now() > staleAtMs)
  // Slowly, so that there is a middle to stop it in.
  await call('POST', '/v1/control/resume', { scope: 'all', ramp: { perSecond: 4 } })
  await eventually('some come back', async () => sink.taken.length > early.later + 5)
  await panic()
  const middle = await takenAfterPanic()
  expect(middle.later).toBe(middle.promised)
  expect(middle.later).toBeLessThan(CUSTOMERS)
  expect((await control()).resumes).toMatchObject([{ status: 'paused' }])

  await call('POST', '/v1/control/resume', { scope: 'all', ramp: { perSecond: 100 } })
  await eventually('all have come', async () => sink.taken.length === CUSTOMERS)
  await eventually('nothing is left', async () => (await parked()) === 0)
  await eventually('the resume is over', async () =>
    (await control()).resumes.some(({ status }) => status === 'done'),
  )
  expect(new Set(sink.taken).size).toBe(CUSTOMERS)

  // What is stale was dropped, and those for whom somebody waited were decided about anew.
  for (let n = 0; n < HURRIED; n++) {
    const { data } = await call<{ data: { status: string; reason: string }[] }>(
      'GET',
      `/v1/customers/hurried-${n}/deliveries`,
    )
    expect(data).toMatchObject([{ status: 'dropped', reason: 'too_late' }])
  }
  for (let n = 0; n < WAITED_FOR; n++) {
    const { data } = await call<{ data: { cause: { type: string } }[] }>(
      'GET',
      `/v1/customers/user-${CUSTOMERS - 1 - n}/decisions`,
    )
    expect(data.map(({ cause }) => cause.type)).toContain('sends_released')
  }
})
