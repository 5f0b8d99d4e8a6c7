import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleSpec,
} from '@temporalio/client'
import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { JsonObject } from '../domain/json.ts'
import { CUSTOMER_TASK_QUEUE } from '../workflows/customer-messages.ts'
import { contentHash } from './content-hash.ts'
import { removeSchedule, withinTime } from './engine-schedules.ts'
import { startRounds, type Rounds } from './rounds.ts'

/** A schedule that somebody took away is made again, and one that nobody wants any more goes. */
const LOOK_AGAIN_MS = 5 * 60_000

export interface ScheduleKeeperDeps {
  readonly db: Kysely<Database>
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  /** Told of a failed round; the next one tries again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Default 5 s. */
  readonly everyMs?: number
}

/** A schedule as it should be. The workflows that it starts have its id, and the time of the firing behind it. */
export interface WantedSchedule {
  readonly scheduleId: string
  readonly spec: ScheduleSpec
  readonly workflowType: string
  readonly input: JsonObject
  /** A firing that the engine missed is made up for within that time. */
  readonly catchupWindow: '5 minutes' | '1 hour'
  /** What people read at it. */
  readonly note: string
  /** The first firing is at once. */
  readonly beginsAtOnce: boolean
}

/** A family of schedules that follows what is stored. */
export interface ScheduleFamily {
  /** What the ids of all of them begin with, and nobody else's. */
  readonly prefix: string
  readonly listWanted: (db: Kysely<Database>) => Promise<WantedSchedule[]>
  /** Where none was ever wanted, the engine need not be asked. */
  readonly wasEverWanted: (db: Kysely<Database>) => Promise<boolean>
}

/**
 * Makes, changes and takes away schedules of the engine as is wanted. Any process may do so, and as often as
 * it likes. Whether a schedule is paused may be changed in the engine, and stays.
 */
export function keepSchedules(
  { db, client, onError, everyMs = 5_000 }: ScheduleKeeperDeps,
  { prefix, listWanted, wasEverWanted }: ScheduleFamily,
): Rounds {
  let made = new Map<string, string>()
  let lookedAtMs = 0
  const work = async (): Promise<void> => {
    const wanted = new Map((await listWanted(db)).map((each) => [each.scheduleId, each]))
    if (Date.now() - lookedAtMs >= LOOK_AGAIN_MS) {
      const there = (await wasEverWanted(db)) ? await listSchedules(client, prefix) : []
      made = new Map(there.map((id) => [id, '']))
      lookedAtMs = Date.now()
    }
    for (const [id, schedule] of wanted) {
      const note = noteOf(schedule)
      if (made.get(id) === note) continue
      await withinTime(client, () => ensureSchedule(client, schedule, note))
      made.set(id, note)
    }
    for (const id of made.keys()) {
      if (wanted.has(id)) continue
      await withinTime(client, () => removeSchedule(client, id))
      made.delete(id)
    }
  }
  return startRounds(work, { everyMs, onError })
}

const listSchedules = (client: Client, prefix: string): Promise<string[]> =>
  withinTime(client, async () => {
    const found: string[] = []
    for await (const { scheduleId } of client.schedule.list())
      if (scheduleId.startsWith(prefix)) found.push(scheduleId)
    return found
  })

/** By it one is told that says the same already. */
const noteOf = ({ note, spec }: WantedSchedule): string =>
  `${note} Times ${contentHash(spec).slice(0, 16)}.`

async function ensureSchedule(
  client: Client,
  { scheduleId, spec, workflowType, input, catchupWindow, beginsAtOnce }: WantedSchedule,
  note: string,
): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId,
      spec,
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow },
      action: {
        type: 'startWorkflow',
        workflowType,
        workflowId: scheduleId,
        taskQueue: CUSTOMER_TASK_QUEUE,
        args: [input],
      },
      state: { note, ...(beginsAtOnce ? { triggerImmediately: true } : {}) },
    })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    const handle = client.schedule.getHandle(scheduleId)
    const { state } = await handle.describe()
    if (state.note === note) return
    await handle.update((before) => ({ ...before, spec, state: { ...before.state, note } }))
  }
}
