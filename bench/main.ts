import { writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker'
import { measureAccepting } from './accepting.ts'
import { benchBacktest } from './backtest.ts'
import { createCustomers } from './customers.ts'
import { startFloor } from './floor.ts'
import { usedHeapBytes } from './heap.ts'
import { measureHistories } from './histories.ts'
import { startHttpLoad } from './http-load.ts'
import { measureLatencies } from './latencies.ts'
import { measureCaps } from './caps.ts'
import { measureStop, playHardCases, replayAll } from './governance.ts'
import { governanceReport } from './governance-report.ts'
import { measureCalls } from './micro.ts'
import { measureCoalesced, measureRates } from './rates.ts'
import { measureNext } from './next.ts'
import { nextSection, reportOf } from './report.ts'
import type { Results } from './results.ts'
import { measureSleep } from './sleep.ts'
import { sleepReport } from './sleep-report.ts'
import { startSystem } from './system.ts'

// `npm run bench [-- --quick] [--json file] [--database-url postgres://…]`
// `npm run bench -- backtest [online_retail.csv.gz]`
// `npm run bench -- next`
// `npm run bench -- governance`
// `npm run bench -- caps`
// `npm run bench -- sleep`

/** Sizes of a run. `actors` are started and weighed; `measured` of them carry the load, `coalesced` that of many events. */
const FULL = {
  actors: 1_000,
  measured: 200,
  coalesced: 100,
  secondsPerLatency: 10,
  acceptedEvents: 20_000,
  acceptMsMax: 10_000,
  callRoundMs: 200,
  governed: 5_000,
  sleep: { sleepers: 20_000, opened: 1_000, woken: 200 },
}
const QUICK = {
  actors: 100,
  measured: 100,
  coalesced: 50,
  secondsPerLatency: 3,
  acceptedEvents: 6_000,
  acceptMsMax: 3_000,
  callRoundMs: 40,
  governed: 200,
  sleep: { sleepers: 400, opened: 100, woken: 40 },
}
const COALESCED_EVENTS = 20
/** Should something hang, the run ends anyway. */
const RUN_MS_MAX = { full: 8 * 60_000, quick: 2 * 60_000 }
/** Of those that take longer. */
const MS_MAX: Readonly<Record<string, number>> = {
  backtest: RUN_MS_MAX.full,
  next: RUN_MS_MAX.full,
  governance: 25 * 60_000,
  caps: 40 * 60_000,
  sleep: 40 * 60_000,
}
/** So long may stopping take, when it is cut short. */
const END_MS_MAX = 10_000

const {
  values: options,
  positionals: [command, file],
} = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    'database-url': { type: 'string' },
    encrypt: { type: 'boolean', default: false },
  },
})
const resources = new AsyncDisposableStack()
const limitMs = options.quick ? RUN_MS_MAX.quick : (MS_MAX[command ?? ''] ?? RUN_MS_MAX.full)
const endWith = (code: number): void => {
  setTimeout(() => process.exit(code), END_MS_MAX).unref()
  void resources.disposeAsync().finally(() => process.exit(code))
}
setTimeout(() => {
  console.error(`The run is not over after ${limitMs / 60_000} minutes and is given up.`)
  endWith(1)
}, limitMs).unref()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => endWith(130))

try {
  if (command === 'backtest') await benchBacktest(file)
  else if (command === 'next') console.log(`\n${await benchNext(options.quick ? QUICK : FULL)}`)
  else if (command === 'governance') await benchGovernance(options.quick ? QUICK : FULL)
  else if (command === 'caps') await benchCaps(options.quick ? QUICK : FULL)
  else if (command === 'sleep') await benchSleep(options.quick ? QUICK : FULL)
  else if (command === undefined) {
    const results = await measure(options.quick ? QUICK : FULL)
    console.log(`\n${reportOf(results)}`)
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
  } else
    throw new Error(`There is no bench "${command}"; there are ${Object.keys(MS_MAX).join(', ')}.`)
} finally {
  await resources.disposeAsync()
}

function sayingSince(startedAt: number): (what: string) => void {
  return (what) =>
    console.error(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  ${what}`)
}

function quietRuntime(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    // At saturation tasks are slow; that is what is measured.
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
    shutdownSignals: [],
  })
}

/** That one figure alone. */
async function benchNext({ measured, secondsPerLatency }: typeof FULL): Promise<string> {
  const say = sayingSince(performance.now())
  quietRuntime()
  say('Starting engine, store, API and workers')
  const system = await startSystem({ databaseUrl: options['database-url'] }, resources)
  const load = startHttpLoad(resources)
  say(`Starting ${measured} actors`)
  const customers = await createCustomers(system, measured)
  say('What now?')
  return nextSection(await measureNext(system, load, customers, secondsPerLatency))
}

/** Stopping, replaying and the hard cases, each for many customers. */
async function benchGovernance({ governed }: typeof FULL): Promise<void> {
  const say = sayingSince(performance.now())
  quietRuntime()
  say('Starting engine, store, API and workers')
  const system = await startSystem(
    { databaseUrl: options['database-url'], resumes: true },
    resources,
  )
  say(`Starting ${governed} actors`)
  const customers = await createCustomers(system, governed)
  say('A stop in the middle of sending')
  const stop = await measureStop(system, customers, say)
  say('All decisions once more')
  const replayed = await replayAll(system)
  say('The hard cases')
  const hardCases = playHardCases(governed, say)
  console.log(`\n${governanceReport({ stop, replayed, hardCases })}`)
}

/** Caps under fire on a server that is killed in the middle. */
async function benchCaps({ governed }: typeof FULL): Promise<void> {
  const say = sayingSince(performance.now())
  console.log(`\n${await measureCaps(governed, say, resources)}`)
}

/** Customers asleep: what they cost, how they wake. */
async function benchSleep({ sleep }: typeof FULL): Promise<void> {
  const say = sayingSince(performance.now())
  quietRuntime()
  console.log(`\n${sleepReport(await measureSleep(sleep, say, resources))}`)
}

async function measure(sizes: typeof FULL): Promise<Results> {
  const startedAt = performance.now()
  const say = sayingSince(startedAt)
  const at = new Date().toISOString()
  const [loadBefore = 0] = loadavg()
  quietRuntime()
  say('The domain alone')
  const calls = measureCalls(sizes.callRoundMs)

  say('Starting engine, store, API and workers')
  const system = await startSystem(
    { databaseUrl: options['database-url'], encrypts: options.encrypt },
    resources,
  )
  const load = startHttpLoad(resources)
  say(`Starting ${sizes.actors} actors`)
  const thread = system.actorThread
  const emptyBytes = thread && (await usedHeapBytes(thread))
  const actors = await createCustomers(system, sizes.actors)
  const fullBytes = thread && (await usedHeapBytes(thread))
  const customers = actors.slice(0, sizes.measured)
  say('Histories')
  const histories = await measureHistories(system, customers.slice(0, 3))
  say(`Starting ${sizes.measured} bare workflows`)
  const floor = await startFloor(system, sizes.measured, resources)
  say('Rates: floor, A, B, C, three times')
  const rates = await measureRates(system, floor, customers, say)
  say('Coalesced')
  const coalesced = await measureCoalesced(
    system,
    floor,
    customers.slice(0, sizes.coalesced),
    COALESCED_EVENTS,
  )
  say('Latencies')
  const latencies = await measureLatencies(
    system,
    floor,
    load,
    customers,
    rates,
    sizes.secondsPerLatency,
  )
  say('What now?')
  const next = await measureNext(system, load, customers, sizes.secondsPerLatency)
  say('Accepting')
  const accepting = await measureAccepting(system, load, customers, {
    events: sizes.acceptedEvents,
    msMax: sizes.acceptMsMax,
  })

  const [cpu] = cpus()
  return {
    at,
    quick: options.quick,
    machine: {
      cpus: cpus().length,
      cpu: cpu?.model.trim() ?? '?',
      memoryGb: Math.round(totalmem() / 2 ** 30),
      node: process.versions.node,
      store: system.store,
      loadBefore,
    },
    customers: { actors: sizes.actors, measured: sizes.measured },
    calls,
    heapKbPerActor:
      emptyBytes === undefined || fullBytes === undefined
        ? null
        : (fullBytes - emptyBytes) / 1024 / actors.length,
    histories,
    rates,
    coalesced,
    latencies,
    next,
    accepting,
    seconds: (performance.now() - startedAt) / 1_000,
  }
}
