import { readFileSync } from 'node:fs'
import { evaluateCondition, type ConditionScope } from '../domain/conditions.ts'
import { advance } from '../domain/actor/advance.ts'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import type { Input } from '../domain/actor/inputs.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { ActorPlayer } from '../test/support/actor-player.ts'
import { arbitrate } from '../domain/decisioning/arbitrate.ts'
import type { ArbitrationRequest, Candidate } from '../domain/decisioning/arbitration.ts'
import { publishedTogether } from '../domain/simulation.ts'
import { median } from './statistics.ts'

const ROUNDS = 5
const START = '2026-03-02T10:00:00Z'
const DAY_MS = 86_400_000

/** Microseconds of one call, the median of some rounds. */
export interface CallCost {
  readonly name: string
  readonly us: number
}

/** What the pure domain costs, with the example journeys published: no engine, no SQL. */
export function measureCalls(roundMs: number): CallCost[] {
  return [...advanceCosts(roundMs), ...arbitrateCosts(roundMs), ...conditionCosts(roundMs)]
}

function advanceCosts(roundMs: number): CallCost[] {
  const journeys = ['welcome', 'returns', 'birthday', 'second-purchase', 'win-back', 'flash-sale']
    .map((key) =>
      readFileSync(new URL(`../examples/journeys/${key}.json`, import.meta.url), 'utf8'),
    )
    .map((text) => JSON.parse(text) as Journey)
  const published = publishedTogether(journeys)
  const idle = new ActorPlayer(journeys, START).reachable()
  for (let views = 0; views < 10; views++) idle.event('Product Viewed')
  const onJourney = new ActorPlayer(journeys, START).reachable()
  onJourney.event('Order Completed', { properties: { revenue: 20, products: PRODUCTS } })

  /** One batch of one event, always the same on the same state: `advance` changes neither. */
  const cost = (
    name: string,
    player: ActorPlayer,
    event: string,
    wants: (actor: CustomerState) => boolean,
  ): CallCost => {
    const item = player.item(event, { properties: { revenue: 20, products: PRODUCTS } })
    const entryRules = published.entryRules[event] ?? []
    const n = player.nextBatch()
    const batch = { n, bookHash: published.book.hash, entryRules, items: [item] }
    const inputs: Input[] = [{ type: 'batch', batch }]
    const call = () => advance(player.actor, published, inputs, player.nowMs)
    if (!wants(call().actor)) throw new Error(`"${name}" is not what is measured`)
    return { name: `advance: ${name}`, us: microseconds(call, roundMs) }
  }
  return [
    cost('event, on no journey', idle, 'Product Viewed', (actor) => actor.arbitration === null),
    cost('event, on a journey', onJourney, 'Product Viewed', (actor) => actor.runs.length === 1),
    cost('trigger', idle, 'Order Completed', (actor) => actor.arbitration !== null),
  ]
}

/** One decision in pure code, between a running journey and so many candidates. */
function arbitrateCosts(roundMs: number): CallCost[] {
  const { nowMs } = new ActorPlayer([], START)
  const cost = (candidates: number): CallCost => {
    const request: ArbitrationRequest = {
      decisionId: 'c1.1.0',
      customerId: 'c1',
      test: false,
      atMs: nowMs,
      bookHash: 'b',
      cause: { type: 'event', event: 'Order Completed', seq: 1 },
      active: {
        runId: 'c1.1',
        journey: 'running',
        version: 1,
        arbitration: { mode: 'auto', value: 50 },
        activeSinceMs: nowMs - 3 * DAY_MS,
        locked: false,
        onPreempt: 'pause',
      },
      pausedRuns: 0,
      candidates: Array.from({ length: candidates }, (_, index) => candidateOf(index, nowMs)),
      autoSwitchesAtMs: [],
    }
    const call = () => arbitrate(request)
    if (call().outcome !== 'switch') throw new Error('A switch is what is measured')
    return { name: `arbitrate: ${candidates} candidates`, us: microseconds(call, roundMs) }
  }
  return [cost(2), cost(20)]
}

/** Worth more the later it stands; every third is ranked by hand. */
function candidateOf(index: number, nowMs: number): Candidate {
  return {
    candidateId: `journey-${index}@1:1`,
    source: 'trigger',
    journey: `journey-${index}`,
    version: 1,
    hash: `h${index}`,
    class: 'marketing',
    arbitration:
      index % 3 === 1 ? { mode: 'manual', rank: index } : { mode: 'auto', value: 10 + index },
    context: { weekend: 1.2, gold: 1.5 },
    qualifiedAtMs: nowMs,
    queueForMs: index % 2 === 0 ? DAY_MS : null,
    expiresAtMs: null,
    runId: null,
    barred: null,
  }
}

function conditionCosts(roundMs: number): CallCost[] {
  const { nowMs } = new ActorPlayer([], START)
  const event = {
    name: 'Order Refunded',
    properties: { products: PRODUCTS },
    occurredAtMs: nowMs,
    receivedAtMs: nowMs,
  }
  const scope: ConditionScope = {
    nowMs,
    zone: 'UTC',
    customer: {
      traits: { country: 'GB' },
      has: { email: true },
      lifecycle: 'new',
      consents: { marketing: { email: true } },
      counters: {
        'Order Completed': { total: 2, recentMs: [nowMs - 86_400_000, nowMs] },
      },
      returned: [],
      journeys: ['welcome'],
    },
    event,
    entry: event,
  }
  return Object.entries(CONDITIONS).map(([name, source]) => {
    const call = () => evaluateCondition(source, scope)
    const first = call()
    if (!first.ok) throw new Error(`"${source}" fails: ${first.message}`)
    return { name: `evaluateCondition: ${name}`, us: microseconds(call, roundMs) }
  })
}

const CONDITIONS = {
  'a comparison': "customer.lifecycle == 'lost'",
  'a count in a window': "count('Order Completed', 'P30D') > 1",
  'two lists of three, each with each':
    'event.properties.products.exists(sent, entry.properties.products.exists(bought, bought.product_id == sent.product_id))',
}

const PRODUCTS = [
  { product_id: '85123A', quantity: 6, price: 2.55 },
  { product_id: '71053', quantity: 6, price: 3.39 },
  { product_id: '84406B', quantity: 8, price: 2.75 },
]

/** Of one call. The first round only warms up. */
function microseconds(call: () => unknown, roundMs: number): number {
  const rounds: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const startedAt = performance.now()
    let calls = 0
    let elapsedMs: number
    do {
      for (let turn = 0; turn < 50; turn++) call()
      calls += 50
      elapsedMs = performance.now() - startedAt
    } while (elapsedMs < roundMs)
    if (round > 0) rounds.push((elapsedMs * 1_000) / calls)
  }
  return median(rounds)
}
