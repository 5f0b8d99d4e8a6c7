import { storeEvents, type BenchCustomer } from './customers.ts'
import type { Floor } from './floor.ts'
import { COUNTED_EVENT, MESSAGE_EVENT, RESET_EVENT, START_EVENT } from './journeys.ts'
import { watchMails } from './mails.ts'
import { nowMs } from './now.ts'
import { median } from './statistics.ts'
import type { System } from './system.ts'

const ROUNDS = 3
const WAVE_MS_MAX = 60_000

/** One case: medians, and what the rate is the median of. */
export interface Rate {
  /** Signals, or events where they are coalesced. */
  readonly perSecond: number
  readonly rounds: readonly number[]
  /** Processor time of this process for each of them: hardly minds what else the machine does. */
  readonly cpuMs: number
}

interface Round {
  readonly perSecond: number
  readonly cpuMs: number
}

export interface Rates {
  readonly floor: Rate
  /** A: deliveries that decide nothing. */
  readonly quiet: Rate
  /** B: trigger → arbitrated and started. */
  readonly started: Rate
  /** C: trigger → first message handed to SMTP. */
  readonly sent: Rate
  /** C again, until the journey has ended in the actor. */
  readonly sentAndEnded: Rate
}

/** All cases at saturation, in turns, so that a slow minute of the machine falls on all of them. */
export async function measureRates(
  system: System,
  floor: Floor,
  customers: readonly BenchCustomer[],
  say: (what: string) => void,
): Promise<Rates> {
  const rounds: { readonly [Case in keyof Rates]: Round[] } = {
    floor: [],
    quiet: [],
    started: [],
    sent: [],
    sentAndEnded: [],
  }
  for (let round = 0; round < ROUNDS; round++) {
    rounds.floor.push(await timed(customers.length, () => floor.burst(1, customers.length)))
    rounds.quiet.push(await burst(system, customers, COUNTED_EVENT, 'signals'))
    rounds.started.push(await burst(system, customers, START_EVENT, 'answers'))
    await burst(system, customers, RESET_EVENT, 'signals')
    const { sent, ended } = await burstOfMails(system, customers)
    rounds.sent.push(sent)
    rounds.sentAndEnded.push(ended)
    const figures = [rounds.floor, rounds.quiet, rounds.started, rounds.sent]
    say(
      `  round ${round + 1}: ${figures.map((each) => each.at(-1)?.perSecond.toFixed(0)).join(', ')} signals/s`,
    )
  }
  return {
    floor: rateOf(rounds.floor),
    quiet: rateOf(rounds.quiet),
    started: rateOf(rounds.started),
    sent: rateOf(rounds.sent),
    sentAndEnded: rateOf(rounds.sentAndEnded),
  }
}

export interface CoalescedRates {
  readonly batch: number
  readonly floorEventsPerSecond: Rate
  readonly eventsPerSecond: Rate
}

/** Many events in one signal: the floor gets them so, the dispatcher makes it so of what waits. */
export async function measureCoalesced(
  system: System,
  floor: Floor,
  customers: readonly BenchCustomer[],
  batch: number,
): Promise<CoalescedRates> {
  const bare: Round[] = []
  const ours: Round[] = []
  const each = ({ perSecond, cpuMs }: Round): Round => ({
    perSecond: perSecond * batch,
    cpuMs: cpuMs / batch,
  })
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(each(await timed(customers.length, () => floor.burst(batch, customers.length))))
    ours.push(each(await burst(system, customers, COUNTED_EVENT, 'signals', batch)))
  }
  return { batch, floorEventsPerSecond: rateOf(bare), eventsPerSecond: rateOf(ours) }
}

/** Stored events, one signal for each customer, brought to the actors at once, until the last is dealt with. */
async function burst(
  system: System,
  customers: readonly BenchCustomer[],
  event: string,
  sight: 'signals' | 'answers',
  each = 1,
): Promise<Round> {
  await storeEvents(system, customers, event, each)
  const seen = seenBy(system, customers, { sight })
  return timed(customers.length, async () => {
    await dispatchUntil(system, customers, seen)
    return seen
  })
}

async function burstOfMails(
  system: System,
  customers: readonly BenchCustomer[],
): Promise<{ sent: Round; ended: Round }> {
  await storeEvents(system, customers, MESSAGE_EVENT)
  const mails = watchMails(system, customers, WAVE_MS_MAX)
  // The first answer is the decision's, the second one the send's; with that the journey is over.
  const ended = seenBy(system, customers, { sight: 'answers', times: 2 })
  const both = Promise.all([mails, ended])
  const startedAtMs = nowMs()
  const whole = await timed(customers.length, async () => {
    await dispatchUntil(system, customers, both)
    return ended
  })
  const sentMs = Math.max(...(await mails).values()) - startedAtMs
  return {
    sent: { perSecond: (customers.length / sentMs) * 1_000, cpuMs: whole.cpuMs },
    ended: whole,
  }
}

/** From now until the last of the instants that `work` answers. */
async function timed(
  count: number,
  work: () => Promise<ReadonlyMap<string, number>>,
): Promise<Round> {
  const cpu = process.cpuUsage()
  const startedAtMs = nowMs()
  const seenAt = await work()
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: (count / (Math.max(...seenAt.values()) - startedAtMs)) * 1_000,
    cpuMs: (user + system) / 1_000 / count,
  }
}

async function dispatchUntil(
  system: System,
  customers: readonly BenchCustomer[],
  seen: Promise<unknown>,
): Promise<void> {
  const dispatcher = await system.dispatch()
  try {
    dispatcher.wake(customers.map(({ customerId }) => customerId))
    await seen
  } finally {
    await dispatcher.stop()
  }
}

const seenBy = (
  { observer }: System,
  customers: readonly BenchCustomer[],
  what: { sight: 'signals' | 'answers'; times?: number },
): Promise<Map<string, number>> =>
  observer.all(
    customers.map(({ workflowId }) => workflowId),
    { ...what, withinMs: WAVE_MS_MAX },
  )

function rateOf(rounds: readonly Round[]): Rate {
  const perSecond = rounds.map((round) => round.perSecond)
  return {
    perSecond: median(perSecond),
    rounds: perSecond,
    cpuMs: median(rounds.map(({ cpuMs }) => cpuMs)),
  }
}
