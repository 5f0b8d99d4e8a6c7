import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { invariant } from '../../domain/errors.ts'
import type { Journey, Message } from '../../domain/journeys/journey.ts'
import { checkJourney, type CheckedJourney } from '../../domain/journeys/journey-problems.ts'
import type { KnownNames } from '../../domain/journeys/known-names.ts'
import { SimulatedLife } from '../../domain/simulated-life.ts'
import { simulatedSends } from '../../domain/simulated-sends.ts'
import { publishedTogether } from '../../domain/simulation.ts'
import { journey } from '../support/journeys.ts'
import { mutated, mutations } from './mutations.ts'
import { randomJourney } from './random-journeys.ts'
import { eventsOf, randomLife, sendOutcome, START_MS, type RandomLife } from './random-lives.ts'
import { EVENTS } from './random-steps.ts'

/** No definition, however odd, may hold up the process that checks it. */
const CHECK_MS_MAX = 3_000
/** Nor may a customer's life: the shortest wait of a random journey is an hour. */
const WAKES_MAX = 50_000
const DAY_MS = 86_400_000

/** Takes over from whatever runs and keeps the customer for two days. */
const BUSY: Journey = journey('busy', {
  class: 'service',
  arbitration: { mode: 'manual', rank: 10_000, lock: 'journey' },
  entry: { on: [{ event: 'Interrupted' }], reentry: { mode: 'afterExit' } },
  start: 'rest',
  steps: { rest: { type: 'wait', for: 'P2D', next: 'done' }, done: { type: 'exit' } },
  messages: {},
})

const KNOWN: KnownNames = {
  events: new Map(
    EVENTS.map((name) => [name, { count: 100, properties: new Set(['revenue', 'order_id']) }]),
  ),
  traits: { customers: 100, names: new Set(['plan', 'renewal']) },
  journeys: [BUSY],
}

const examples = new URL('../../examples/journeys/', import.meta.url)
const EXAMPLES: readonly unknown[] = readdirSync(examples).map((file) =>
  JSON.parse(readFileSync(new URL(file, examples), 'utf8')),
)

export interface FuzzFigures {
  definitions: number
  /** Definitions that the checker passed, and that were lived through. */
  passed: number
  /** Runs that they led to, and steps that these took. */
  runs: number
  slowestCheckMs: number
  /** How often each code was found. */
  readonly codes: Map<string, number>
}

export const noFigures = (): FuzzFigures => ({
  definitions: 0,
  passed: 0,
  runs: 0,
  slowestCheckMs: 0,
  codes: new Map(),
})

/** A definition and a life to live with it. */
const CASES = fc.record({
  definition: fc.oneof(
    { weight: 5, arbitrary: randomJourney },
    {
      weight: 3,
      arbitrary: fc.tuple(randomJourney, mutations).map(([base, list]) => mutated(base, list)),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom(...EXAMPLES), mutations)
        .map(([base, list]) => mutated(base, list)),
    },
  ),
  life: randomLife,
})

/**
 * Whatever the definition, the checker answers in time and does not throw; and one that it passes
 * neither throws, hangs nor ends with `definition_error`, whatever happens to the customer.
 */
export function fuzzProperty(
  figures: FuzzFigures,
): fc.IPropertyWithHooks<[{ definition: unknown; life: RandomLife }]> {
  return fc.property(CASES, ({ definition, life }) => {
    const startedMs = performance.now()
    const checked = checkJourney(definition, KNOWN)
    const tookMs = performance.now() - startedMs
    note(figures, checked, tookMs)
    invariant(tookMs < CHECK_MS_MAX, 'a check is done in three seconds')
    if (checked.journey !== null) figures.runs += live(checked.journey, life)
  })
}

function note(
  figures: FuzzFigures,
  { journey: passed, findings }: CheckedJourney,
  ms: number,
): void {
  figures.definitions++
  if (passed !== null) figures.passed++
  figures.slowestCheckMs = Math.max(figures.slowestCheckMs, ms)
  for (const code of new Set(findings.map((finding) => finding.code)))
    figures.codes.set(code, (figures.codes.get(code) ?? 0) + 1)
}

/**
 * Lives a life beside a journey that interrupts; how many runs it began. Throws where one ends as
 * only a definition can that the checker must not pass.
 */
export function live(passed: Journey, life: RandomLife): number {
  const others = passed.key === BUSY.key ? [] : [BUSY]
  const journeys = [passed, ...others]
  const texts = new Map<string, Readonly<Record<string, Message>>>(
    journeys.map(({ key, messages = {} }) => [key, messages]),
  )
  const { send } = simulatedSends((hash) => texts.get(hash) ?? {})
  let sends = 0
  const body = life.answer === undefined ? {} : { body: life.answer as {} }
  const simulated = new SimulatedLife({
    customerId: 'c1',
    known: true,
    zone: life.zone,
    createdAtMs: START_MS,
    rules: publishedTogether(journeys),
    wakesMax: WAKES_MAX,
    answers: { a: { status: life.status, ...body } },
    send: (request, at) => {
      const outcome = sendOutcome(
        life.sends[sends++ % life.sends.length],
        request.nowMs,
        request.attempt,
      )
      return outcome === null ? send(request, at) : { outcome }
    },
  })
  let endMs = START_MS
  for (const event of eventsOf(life, passed.entry.on)) {
    simulated.happen(event)
    endMs = event.atMs
  }
  simulated.sleepUntil(endMs + 90 * DAY_MS)
  const runs = simulated.records.flatMap((record) => record.runs)
  invariant(
    runs.every(({ endReason }) => endReason !== 'definition_error'),
    'what the checker passes has no definition error',
  )
  const active = simulated.actor.runs.filter(({ status }) => status === 'active')
  invariant(active.length <= 1, 'a customer is on one journey at a time')
  return new Set(runs.map(({ runId }) => runId)).size
}
