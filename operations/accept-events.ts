import { randomInt } from 'node:crypto'
import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { storableText } from '../db/json-rows.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import {
  storageProblems,
  type Accepted,
  type ArrivedEvent,
  type IncomingEvent,
} from './incoming-event.ts'
import { createPublishedRules, type PublishedRules } from './published-rules.ts'
import { writeEventGroup } from './write-event-group.ts'
import { GroupOvertakenError } from './write-fresh-events.ts'

/** Events of one group. Beyond it a group only gets slower, not cheaper per event. */
const GROUP_EVENTS_MAX = 500
/** Events that may wait for their group before callers are turned away. */
const WAITING_EVENTS_MAX = 20_000
const TRIES_MAX = 8
/** Processes that count side by side without waiting for each other, mostly. */
const SLOTS = 64

export interface AcceptorDeps {
  readonly db: Kysely<Database>
  /** Real time, epoch milliseconds. */
  readonly now: () => number
  /** Called after the commit with the customers for whom something waits. Must not throw. */
  readonly onPending: (customerIds: string[]) => void
  readonly rules?: PublishedRules
  /** What names of people who were erased are told by. Absent: nobody was. */
  readonly tombstoneSecret?: string
}

export interface EventAcceptor {
  /**
   * Stores events, in the order given, and answers what became of each. When it resolves they are
   * in the log; when it throws none of them is, except after a lost connection, where nobody can
   * tell and repeating the call with the same message ids is safe.
   *
   * @throws {DomainError} `unacceptable`: an event cannot be stored; see `storageProblems`.
   * @throws {StoreBusyError} too many events wait already.
   */
  readonly accept: (events: readonly IncomingEvent[]) => Promise<Accepted[]>
  /** Resolves when everything that was being accepted is settled. */
  readonly flush: () => Promise<void>
}

/** The store cannot keep up: an outage, to be tried again later. */
export class StoreBusyError extends Error {
  override readonly name = 'StoreBusyError'
}

interface Call {
  readonly events: readonly ArrivedEvent[]
  readonly resolve: (accepted: Accepted[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Makes the one acceptor of a process. Calls that come while a group is being written form the next
 * group, so that a transaction is shared by as many calls as the store's own pace suggests, and a
 * lonely call waits for nobody. One group at a time: calls of one process are stored in their order.
 */
export function createEventAcceptor(deps: AcceptorDeps): EventAcceptor {
  const group = {
    rules: deps.rules ?? createPublishedRules(),
    tombstoneSecret: deps.tombstoneSecret,
    slot: randomInt(SLOTS),
  }
  const waiting: Call[] = []
  let waitingEvents = 0
  let writing: Promise<void> | undefined

  const accept = async (events: readonly IncomingEvent[]): Promise<Accepted[]> => {
    refuseUnstorable(events)
    if (events.length === 0) return []
    if (waitingEvents >= WAITING_EVENTS_MAX)
      throw new StoreBusyError('Storing events failed: too many wait already')
    const arrivedAtMs = deps.now()
    const arrived = events.map((event) => ({ ...withStorableIds(event), arrivedAtMs }))
    return new Promise((resolve, reject) => {
      waiting.push({ events: arrived, resolve, reject })
      waitingEvents += arrived.length
      writing ??= writeAll()
    })
  }

  const writeAll = async (): Promise<void> => {
    // Calls that are being made right now still join the first group.
    await nextTick()
    while (waiting.length > 0) await settle(takeGroup())
    writing = undefined
  }

  const takeGroup = (): Call[] => {
    let size = 0
    let calls = 0
    for (const { events } of waiting) {
      if (calls > 0 && size + events.length > GROUP_EVENTS_MAX) break
      size += events.length
      calls += 1
    }
    waitingEvents -= size
    return waiting.splice(0, calls)
  }

  const settle = async (group: readonly Call[]): Promise<void> => {
    let accepted: Accepted[]
    try {
      accepted = await write(group.flatMap((call) => call.events))
    } catch (error) {
      // What the store cannot hold must only fail the call that brought it.
      if (group.length > 1 && isAboutData(error)) for (const call of group) await settle([call])
      else for (const call of group) call.reject(error)
      return
    }
    const pending = accepted.filter((answer) => answer.status === 'pending' && !answer.duplicate)
    let from = 0
    for (const call of group) call.resolve(accepted.slice(from, (from += call.events.length)))
    if (pending.length > 0) deps.onPending([...new Set(pending.map((answer) => answer.customerId))])
  }

  const write = async (events: readonly ArrivedEvent[]): Promise<Accepted[]> => {
    for (let tries = 1; ; tries++) {
      try {
        return await deps.db.transaction().execute((trx) => writeEventGroup(trx, group, events))
      } catch (error) {
        if (tries === TRIES_MAX || !isRace(error)) throw error
        await sleep(Math.random() * 5 * tries)
      }
    }
  }

  return {
    accept,
    flush: async () => {
      while (writing !== undefined) await writing
    },
  }
}

function refuseUnstorable(events: readonly IncomingEvent[]): void {
  const findings = events.flatMap((event, index) =>
    storageProblems(event).map((finding) => ({ ...finding, path: `/${index}${finding.path}` })),
  )
  if (findings.length > 0)
    throw new DomainError('unacceptable', 'An event cannot be stored', findings)
}

/** Ids as they will read in the store, so that what comes back is recognised. */
function withStorableIds(event: IncomingEvent): IncomingEvent {
  const { messageId, userId, anonymousId, previousId } = event
  return {
    ...event,
    messageId: storableText(messageId),
    ...(userId === undefined ? {} : { userId: storableText(userId) }),
    ...(anonymousId === undefined ? {} : { anonymousId: storableText(anonymousId) }),
    ...(previousId === undefined ? {} : { previousId: storableText(previousId) }),
    ...(event.event === undefined ? {} : { event: storableText(event.event) }),
  }
}

const sqlState = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** Deadlock, serialization, or a key that another process wrote first: the next try sees what it did. */
const isRace = (error: unknown): boolean =>
  error instanceof GroupOvertakenError || ['40P01', '40001', '23505'].includes(sqlState(error))

/** Data exceptions, broken constraints, program limits: the fault of a value, not of the store. */
const isAboutData = (error: unknown): boolean => /^(?:22|23|54)...$/.test(sqlState(error))
