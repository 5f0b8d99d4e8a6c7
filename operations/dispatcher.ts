import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { renewLeases } from '../db/leases.ts'
import type { Database } from '../db/schema.ts'
import type { EventBatch } from '../domain/actor/inputs.ts'
import { backoffMs, createBackoff } from './backoff.ts'
import { claimBatches, type ClaimedBatch } from './claim-batches.ts'
import type { PublishedRules } from './published-rules.ts'

/*
 * Brings what is in the log to the actors. Owns who is being looked after right now in this process;
 * what is to be delivered, and in which order, is decided in SQL (`claim-batches.ts`).
 *
 * I1  At most one delivery of a customer is under way: by the lease between processes, by `active`
 *     within this one.
 * I2  No wake-up is dropped: an id leaves `ready` only when a step takes it that starts afterwards
 *     and looks at that customer. What comes while the step runs stays for the next one.
 * I3  One step runs at a time; while it runs, what has to be done collects for the next. A step waits
 *     the longer the more deliveries are under way. So an idle system adds no delay, and under load
 *     one transaction serves many customers.
 */

/** New customers in one step: bounds the transaction, and the memory that a backlog takes. */
const STEP_CUSTOMERS_MAX = 32
/**
 * Longest that a step waits for company: a millisecond for each delivery under way. A step costs a
 * dozen statements however many customers it serves; without waiting, each that ends gets its own.
 */
const GATHER_MS_MAX = 50
/** Ids kept to be looked after. More are not: the sweeper brings them when there is room. */
const READY_MAX = 10_000

export interface DispatcherDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  /**
   * Resolves when the engine has the batch, or it was applied without the engine. Must settle, within seconds. A rejection means that
   * nobody can tell: the same batch is delivered again.
   */
  readonly deliver: (
    customer: { readonly customerId: string; readonly test: boolean },
    batch: EventBatch,
  ) => Promise<void>
  /** Whether a rejection says that the engine is away, and not that it will not have this batch. */
  readonly isOutage: (error: unknown) => boolean
  /** Told of every failure that is going to be tried again. Must not throw. */
  readonly onError: (error: unknown, about: { customerId?: string }) => void
  /** Deliveries under way at once. Default 64. */
  readonly inFlightMax?: number
  /** Default 30 s. */
  readonly leaseMs?: number
}

export interface Dispatcher {
  /** Has these customers looked after at once, or as soon as there is a place. Never throws. */
  readonly wake: (customerIds: readonly string[]) => void
  /** Whether there is room for customers that nobody has brought yet. */
  readonly hasRoom: () => boolean
  /** Starts nothing more, waits for what is under way, notes what became of it and gives leases back. */
  readonly stop: () => Promise<void>
}

interface Work {
  readonly lookAt: string[]
  readonly delivered: ClaimedBatch[]
  readonly giveBack: string[]
}

/** A dispatcher that starts working when it is woken. Each process may have one. */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { db, rules, inFlightMax = 64, leaseMs = 30_000 } = deps
  const owner = randomUUID()
  const ready = new Set<string>()
  /** Under lease: from the claim to the step that settles it. */
  const active = new Map<string, Promise<void>>()
  let delivered: ClaimedBatch[] = []
  let giveBack: string[] = []
  /** Customers whose batch was refused, until they may be tried again. */
  const resting = new Map<string, NodeJS.Timeout>()
  const refusals = new Map<string, number>()
  const engine = createBackoff(() => run())
  const store = createBackoff(() => run())
  let steps = Promise.resolve()
  let running = false
  let stopped = false

  const run = (): void => {
    if (running) return
    running = true
    steps = (async () => {
      for (;;) {
        const gatherMs = Math.min(active.size, GATHER_MS_MAX)
        if (gatherMs > 1 && !stopped) await sleep(gatherMs)
        const work = takeWork()
        if (work === undefined) break
        await step(work)
      }
      running = false
    })()
  }

  const takeWork = (): Work | undefined => {
    if (store.isPaused() && !stopped) return undefined
    const isOpen = !stopped && !engine.isPaused()
    const work: Work = { lookAt: isOpen ? takeReady() : [], delivered, giveBack }
    for (const { customer } of delivered) {
      // Their next batch may be there already. While nothing is to be sent they are let go.
      if (isOpen && !engine.isTroubled()) {
        ready.delete(customer.customerId)
        work.lookAt.push(customer.customerId)
      } else ready.add(customer.customerId)
    }
    delivered = []
    giveBack = []
    const isEmpty = work.lookAt.length + work.delivered.length + work.giveBack.length === 0
    return isEmpty ? undefined : work
  }

  const takeReady = (): string[] => {
    const places = (engine.isTroubled() ? 1 : inFlightMax) - active.size
    const taken: string[] = []
    for (const id of ready) {
      if (taken.length >= Math.min(places, STEP_CUSTOMERS_MAX)) break
      if (active.has(id) || resting.has(id)) continue
      ready.delete(id)
      taken.push(id)
    }
    return taken
  }

  const step = async (work: Work): Promise<void> => {
    const startedAtMs = performance.now()
    let claims: ClaimedBatch[]
    try {
      claims = await claimBatches({ db, rules }, { owner, leaseMs, ...work })
    } catch (error) {
      deps.onError(error, {})
      // At the end leases may run out by themselves; else it is all done again when SQL is back.
      if (stopped) return
      delivered.push(...work.delivered)
      giveBack.push(...work.giveBack)
      for (const id of work.lookAt) ready.add(id)
      store.fail(startedAtMs)
      return
    }
    store.succeed()
    for (const { customer } of work.delivered) active.delete(customer.customerId)
    for (const id of work.giveBack) active.delete(id)
    for (const claim of claims) active.set(claim.customer.customerId, deliver(claim))
  }

  const deliver = async (claim: ClaimedBatch): Promise<void> => {
    const { customer, batch } = claim
    const startedAtMs = performance.now()
    try {
      await deps.deliver(customer, batch)
      delivered.push(claim)
      refusals.delete(customer.customerId)
      engine.succeed()
    } catch (error) {
      deps.onError(error, { customerId: customer.customerId })
      giveBack.push(customer.customerId)
      ready.add(customer.customerId)
      if (deps.isOutage(error)) engine.fail(startedAtMs)
      else rest(customer.customerId)
    }
    run()
  }

  const rest = (customerId: string): void => {
    engine.succeed()
    const refused = (refusals.get(customerId) ?? 0) + 1
    refusals.set(customerId, refused)
    const wakeUp = (): void => {
      resting.delete(customerId)
      run()
    }
    resting.set(customerId, setTimeout(wakeUp, backoffMs(refused)))
  }

  const renewal = setInterval(() => {
    const customerIds = [...active.keys()]
    if (customerIds.length === 0) return
    renewLeases(db, { owner, customerIds, leaseMs }).catch((error: unknown) =>
      deps.onError(error, {}),
    )
  }, leaseMs / 3)

  return {
    wake: (customerIds) => {
      for (const id of customerIds) if (ready.size < READY_MAX || active.has(id)) ready.add(id)
      run()
    },
    hasRoom: () => ready.size < READY_MAX / 2,
    stop: async () => {
      stopped = true
      engine.stop()
      store.stop()
      for (const timer of resting.values()) clearTimeout(timer)
      await steps
      await Promise.all(active.values())
      run()
      await steps
      clearInterval(renewal)
    },
  }
}
