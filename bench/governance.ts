import { listDecisions } from '../db/decision-pages.ts'
import { replay } from '../domain/decisioning/replay.ts'
import { HARD_CASES } from '../test/support/hard-cases/index.ts'
import { storeEvents, type BenchCustomer } from './customers.ts'
import { MESSAGE_EVENT } from './journeys.ts'
import { nowMs } from './now.ts'
import { API_KEY, type System } from './system.ts'

/** Mails that are out when the stop is called, of a hundred. */
const SENT_BEFORE_STOP = 0.02
const RESUMED_PER_SECOND = 500
const WAIT_MS_MAX = 8 * 60_000
const LOOK_EVERY_MS = 200
const DECISIONS_A_PAGE = 500

/** A stop of everything in the middle of sending to many, and what comes afterwards. */
export interface StopResult {
  readonly customers: number
  readonly sentBefore: number
  /** From the call to its answer. */
  readonly answeredMs: number
  /** From the answer to the last mail that was handed over after it; null where there was none. */
  readonly lastMailMs: number | null
  readonly mailsAfterAnswer: number
  readonly parked: number
  /** From the call of the resume to the last mail. */
  readonly resumedSeconds: number
  readonly mails: number
  readonly twice: number
}

/** Sends to all customers at once, stops everything in the middle, waits until all are parked, resumes. */
export async function measureStop(
  system: System,
  customers: readonly BenchCustomer[],
  say: (what: string) => void,
): Promise<StopResult> {
  const mails: { to: string; atMs: number }[] = []
  const listener = (to: string, atMs: number): void => void mails.push({ to, atMs })
  system.onMail.add(listener)
  await storeEvents(system, customers, MESSAGE_EVENT)
  const dispatcher = await system.dispatch()
  try {
    dispatcher.wake(customers.map(({ customerId }) => customerId))
    await until(async () => mails.length >= customers.length * SENT_BEFORE_STOP)
    const calledAtMs = nowMs()
    await control(system, 'panic', { scope: 'all', reason: 'the bench measures how long it takes' })
    const answeredAtMs = nowMs()
    say('  stopped; waiting until all are parked')
    await until(async () => (await countParked(system)) + mails.length >= customers.length)
    const after = mails.filter(({ atMs }) => atMs > answeredAtMs)
    const parked = await countParked(system)
    const sentBefore = mails.length - after.length
    say(`  ${parked} are parked; resuming`)

    const resumedAtMs = nowMs()
    await control(system, 'resume', { scope: 'all', ramp: { perSecond: RESUMED_PER_SECOND } })
    await until(async () => mails.length >= customers.length)
    const lastAfterMs = Math.max(...after.map(({ atMs }) => atMs))
    return {
      customers: customers.length,
      sentBefore,
      answeredMs: answeredAtMs - calledAtMs,
      lastMailMs: after.length === 0 ? null : lastAfterMs - answeredAtMs,
      mailsAfterAnswer: after.length,
      parked,
      resumedSeconds: (Math.max(...mails.map(({ atMs }) => atMs)) - resumedAtMs) / 1_000,
      mails: mails.length,
      twice: mails.length - new Set(mails.map(({ to }) => to)).size,
    }
  } finally {
    system.onMail.delete(listener)
    await dispatcher.stop()
  }
}

async function countParked({ db }: System): Promise<number> {
  const { count } = await db
    .selectFrom('deliveries')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('status', '=', 'parked')
    .executeTakeFirstOrThrow()
  return Number(count)
}

async function control({ url }: System, what: 'panic' | 'resume', body: object): Promise<void> {
  const response = await fetch(`${url}/v1/control/${what}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`)
}

export interface ReplayResult {
  readonly decisions: number
  readonly differences: number
  /** Made anew in a second, in pure code. */
  readonly perSecond: number
}

/** Makes every stored decision again from what is stored of it, and compares to the byte. */
export async function replayAll({ db }: System): Promise<ReplayResult> {
  let decisions = 0
  let differences = 0
  let ms = 0
  for (let after: Parameters<typeof listDecisions>[1]['after']; ;) {
    const page = { customerId: undefined, limit: DECISIONS_A_PAGE, after }
    const rows = await listDecisions(db, page)
    const startedAt = performance.now()
    for (const { request, decision } of rows) if (!replay(request, decision).isEqual) differences++
    ms += performance.now() - startedAt
    decisions += rows.length
    const last = rows.at(-1)
    if (last === undefined || rows.length < DECISIONS_A_PAGE)
      return { decisions, differences, perSecond: (decisions / ms) * 1_000 }
    after = last
  }
}

export interface HardCaseResult {
  readonly name: string
  readonly customers: number
  readonly wrong: readonly string[]
  readonly seconds: number
}

/** The hard cases of the tests, for many more customers. */
export function playHardCases(customers: number, say: (what: string) => void): HardCaseResult[] {
  return HARD_CASES.map(({ name, play }) => {
    say(`  ${name}`)
    const startedAt = performance.now()
    const wrong: string[] = []
    for (let customer = 0; customer < customers; customer++)
      wrong.push(...play(customer).map((what) => `customer ${customer}: ${what}`))
    return { name, customers, wrong, seconds: (performance.now() - startedAt) / 1_000 }
  })
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadlineMs = nowMs() + WAIT_MS_MAX
  while (!(await isTrue())) {
    if (nowMs() > deadlineMs) throw new Error(`Not within ${WAIT_MS_MAX / 1_000} s`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
