import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonValue } from '../../domain/json.ts'
import {
  CALL_US,
  CAPACITY,
  COMPLAINT,
  NEWS,
  POLICY,
  SECONDS_A_MESSAGE,
} from './governance-journeys.ts'
import type { RumboClient } from './rumbo-client.ts'
import { publishJourneys } from './run-demo.ts'

/** Whose news are stopped in the middle. */
const READERS = 40
/** Of each worth. */
const CALLERS = 4
/** How many may call, before and after more agents come. */
const FREE = { first: 5, later: CALL_US.length * CALLERS }
const RESUMED_PER_SECOND = 20
/** What the promise of a stop allows. */
const STOP_MS = 2_000
const LOOK_EVERY_MS = 250
const WAIT_MS_MAX = 120_000

/** What became of a complaint, a stop and a capacity. */
export interface GovernanceFigures {
  readonly complaint: {
    readonly sentWhileOpen: number
    readonly held: number
    readonly sentWhenClosed: number
  }
  readonly stop: {
    readonly customers: number
    readonly sentBefore: number
    /** Until the call was answered. */
    readonly answeredMs: number
    readonly sentTwoSecondsLater: number
    readonly parked: number
    readonly sentInTheEnd: number
    readonly twice: number
    readonly resumedSeconds: number
  }
  readonly capacity: {
    readonly customers: number
    readonly free: number
    /** How many were sent with that, by the worth of their journeys. */
    readonly sentFirst: ReadonlyMap<number, number>
    readonly sentInTheEnd: number
  }
}

/**
 * Shows on the running server what keeps messages back: a complaint in the middle of a wait, a stop
 * of everything that a journey sends, and a contact centre with few free agents. The contact policy
 * that was in force before is in force again afterwards.
 */
export async function playGovernance(
  client: RumboClient,
  runId: string,
): Promise<GovernanceFigures> {
  const before = await client.call<{ document: JsonValue }>('GET', '/v1/contact-policy')
  await client.call('PUT', '/v1/contact-policy', POLICY as unknown as JsonValue)
  try {
    await publishJourneys(client, [NEWS, ...CALL_US])
    return {
      complaint: await complain(client, runId),
      stop: await stopAndResume(client, runId),
      capacity: await shareCapacity(client, runId),
    }
  } finally {
    await client.call('PUT', '/v1/contact-policy', before.document)
  }
}

async function complain(
  client: RumboClient,
  runId: string,
): Promise<GovernanceFigures['complaint']> {
  const [reader] = await readers(client, `${runId}-complains`, 1)
  if (reader === undefined) throw new Error('A customer was just made')
  const { userId, customerId } = reader
  const say = (event: string, properties: JsonValue = {}) =>
    client.call('POST', '/v1/track?wait=handled', { userId, event, properties })
  const forward = (by: string) =>
    client.call('POST', `/v1/customers/${customerId}/fast-forward`, { by })
  await say('Demo News')
  await forward('P1D')
  const complaint = { complaint_id: `${userId}-1` }
  await say(COMPLAINT.opened, complaint)
  const sentBefore = (await statusesOf(client, reader)).filter(isSent).length
  await forward('P3D')
  const meanwhile = await statusesOf(client, reader)
  await say(COMPLAINT.closed, complaint)
  await forward('PT1M')
  const sentAfter = (await statusesOf(client, reader)).filter(isSent).length
  const sentMeanwhile = meanwhile.filter(isSent).length
  return {
    sentWhileOpen: sentMeanwhile - sentBefore,
    held: meanwhile.filter((status) => status === 'held').length,
    sentWhenClosed: sentAfter - sentMeanwhile,
  }
}

async function stopAndResume(
  client: RumboClient,
  runId: string,
): Promise<GovernanceFigures['stop']> {
  const people = await readers(client, `${runId}-reads`, READERS)
  const scope = { journey: NEWS.key }
  const sentNow = () => countSent(client, people)
  await inTurn(people, 8, ({ userId }) =>
    client.call('POST', '/v1/track', { userId, event: 'Demo News' }),
  )
  await until(async () => (await sentNow()) > 0)
  const askedAtMs = performance.now()
  await client.call('POST', '/v1/control/panic', { scope, reason: 'the demo shows how' })
  const answeredMs = performance.now() - askedAtMs
  await sleep(STOP_MS)
  const sentBefore = await sentNow()
  const parkedOf = async (): Promise<number> =>
    (await allStatuses(client, people)).filter((status) => status === 'parked').length
  await until(async () => (await parkedOf()) + (await sentNow()) >= READERS)
  const parked = await parkedOf()
  const sentTwoSecondsLater = (await sentNow()) - sentBefore

  const resumedAtMs = performance.now()
  const ramp = { perSecond: RESUMED_PER_SECOND }
  await client.call('POST', '/v1/control/resume', { scope, ramp })
  await until(async () => (await sentNow()) >= READERS)
  const all = await Promise.all(people.map((person) => statusesOf(client, person)))
  return {
    customers: READERS,
    sentBefore,
    answeredMs,
    sentTwoSecondsLater,
    parked,
    sentInTheEnd: all.flat().filter(isSent).length,
    twice: all.filter((statuses) => statuses.filter(isSent).length > 1).length,
    resumedSeconds: (performance.now() - resumedAtMs) / 1_000,
  }
}

async function shareCapacity(
  client: RumboClient,
  runId: string,
): Promise<GovernanceFigures['capacity']> {
  const tell = (messages: number) =>
    client.call('PUT', `/v1/control/capacity/${CAPACITY}`, {
      available: messages * SECONDS_A_MESSAGE,
    })
  await tell(0)
  const groups: { value: number; people: Person[] }[] = []
  // Who is worth least comes first, so that coming first explains nothing.
  for (const value of [10, 20, 30])
    groups.push({ value, people: await callers(client, `${runId}-calls-${value}`) })
  const people = groups.flatMap((group) => group.people)
  for (const { value, people: some } of groups)
    for (const { userId } of some)
      await client.call('POST', '/v1/track?wait=handled', {
        userId,
        event: `Demo Call Us ${value}`,
      })
  await until(
    async () =>
      (await allStatuses(client, people)).filter((status) => status === 'parked').length ===
      people.length,
  )
  await tell(FREE.first)
  await until(async () => (await countSent(client, people)) >= FREE.first)
  const sentFirst = new Map<number, number>()
  for (const { value, people: some } of groups) sentFirst.set(value, await countSent(client, some))
  await tell(FREE.later)
  await until(async () => (await countSent(client, people)) >= people.length)
  return {
    customers: people.length,
    free: FREE.first,
    sentFirst,
    sentInTheEnd: await countSent(client, people),
  }
}

interface Person {
  readonly userId: string
  readonly customerId: string
}

/** Test customers who have said yes to news by mail. */
async function readers(client: RumboClient, name: string, count: number): Promise<Person[]> {
  const people: Person[] = []
  await inTurn(namesOf(name, count), 4, async (userId) => {
    const body = { userId, traits: traitsOf(userId) }
    const { customerId } = await client.call<Person>('POST', '/v1/test-customers', body)
    people.push(await withConsent(client, { userId, customerId }))
  })
  return people
}

/**
 * The same, but customers like everybody: those of tests take nothing of a capacity. Their addresses
 * are of a domain that nobody can have a mailbox in.
 */
async function callers(client: RumboClient, name: string): Promise<Person[]> {
  const people: Person[] = []
  for (const userId of namesOf(name, CALLERS)) {
    await client.call('POST', '/v1/identify', { userId, traits: traitsOf(userId) })
    const { customerId } = await client.call<Person>('GET', `/v1/customers/user:${userId}`)
    people.push(await withConsent(client, { userId, customerId }))
  }
  return people
}

const namesOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `demo-${name}-${index}`)

const traitsOf = (userId: string) => ({ email: `${userId}@example.com`, firstName: 'Robin' })

async function withConsent(client: RumboClient, person: Person): Promise<Person> {
  const path = `/v1/customers/${person.customerId}/consents/marketing/email`
  await client.call('PUT', path, { granted: true, source: 'the demo made it up' })
  return person
}

const isSent = (status: string): boolean => status === 'sent'

async function statusesOf(client: RumboClient, { customerId }: Person): Promise<string[]> {
  const path = `/v1/customers/${customerId}/deliveries`
  return (await client.list<{ status: string }>(path)).map(({ status }) => status)
}

const allStatuses = async (client: RumboClient, people: readonly Person[]): Promise<string[]> =>
  (await Promise.all(people.map((person) => statusesOf(client, person)))).flat()

const countSent = async (client: RumboClient, people: readonly Person[]): Promise<number> =>
  (await allStatuses(client, people)).filter(isSent).length

async function inTurn<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const waiting = items.values()
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: width }, lane))
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs)
      throw new Error(`The server did not come so far in ${WAIT_MS_MAX / 1_000} s.`)
    await sleep(LOOK_EVERY_MS)
  }
}
