import { randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import {
  insertCheckpoint,
  insertWork,
  lockCheckpoint,
  lockDueSchedule,
  putSchedule,
  signOff,
  type Checkpoint,
  type CheckpointSchedule,
} from '../db/quality-checkpoints.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import { addDuration, parseDurationProblem } from '../domain/time.ts'
import { startRounds, type Rounds } from './rounds.ts'

export interface CheckpointDeps {
  readonly db: Kysely<Database>
  /** Real time, epoch milliseconds. */
  readonly now: () => number
}

/** Opens a checkpoint now: what is open, and what came and went since the one before. */
export async function openCheckpoint(
  { db, now }: CheckpointDeps,
  { owner, keyId }: { readonly owner: string; readonly keyId: string | null },
): Promise<Checkpoint> {
  return db.transaction().execute(async (trx) => {
    const row = { checkpointId: randomUUID(), owner, scheduled: false, openedAt: new Date(now()) }
    const opened = await insertCheckpoint(trx, row)
    await note(trx, keyId, 'open', opened.checkpointId, { owner })
    return opened
  })
}

/**
 * Opens the checkpoint that is due by the schedule, if one is. Of several processes one does; of dates that
 * were missed the last counts.
 */
export async function openDueCheckpoint({
  db,
  now,
}: CheckpointDeps): Promise<Checkpoint | undefined> {
  return db.transaction().execute(async (trx) => {
    const at = new Date(now())
    const due = await lockDueSchedule(trx, at)
    if (due === undefined) return undefined
    let nextAtMs = due.nextAt.getTime()
    while (nextAtMs <= at.getTime()) nextAtMs = addDuration(nextAtMs, due.every)
    await putSchedule(trx, { ...due, nextAt: new Date(nextAtMs) })
    const { owner } = due
    return insertCheckpoint(trx, {
      checkpointId: randomUUID(),
      owner,
      scheduled: true,
      openedAt: at,
    })
  })
}

/** Looks once a minute whether a checkpoint is due. Any process may. */
export const startCheckpoints = (
  deps: CheckpointDeps & { readonly onError: (error: unknown) => void },
): Rounds =>
  startRounds(
    async () => {
      await openDueCheckpoint(deps)
    },
    { everyMs: 60_000, onError: deps.onError },
  )

/**
 * Has checkpoints opened by themselves, the first one at `from`; null: no more.
 *
 * @throws {DomainError} `unacceptable` where `every` is no duration
 */
export async function scheduleCheckpoints(
  { db, now }: CheckpointDeps,
  wanted: { readonly owner: string; readonly every: string; readonly from?: Date } | null,
  keyId: string | null,
): Promise<CheckpointSchedule | null> {
  const problem = wanted === null ? null : parseDurationProblem(wanted.every)
  if (problem !== null)
    throw new DomainError('unacceptable', 'This is no schedule.', [
      { code: 'bad_duration', path: '/every', message: problem, severity: 'error' },
    ])
  const schedule =
    wanted === null
      ? null
      : {
          owner: wanted.owner,
          every: wanted.every,
          nextAt: wanted.from ?? new Date(addDuration(now(), wanted.every)),
        }
  await db.transaction().execute(async (trx) => {
    await putSchedule(trx, schedule)
    await note(trx, keyId, 'schedule', 'schedule', wanted)
  })
  return schedule
}

/**
 * Notes what somebody did about one finding of a checkpoint.
 *
 * @throws {DomainError} `not_found`; `conflict` where it is signed off, or has no such finding
 */
export async function recordWork(
  { db, now }: CheckpointDeps,
  checkpointId: string,
  work: {
    readonly problem: string
    readonly trait: string
    readonly minutes: number
    readonly note: string | null
    readonly keyId: string | null
  },
): Promise<Checkpoint> {
  const { keyId, ...done } = work
  return db.transaction().execute(async (trx) => {
    const checkpoint = await openOne(trx, checkpointId)
    const { problem, trait } = done
    if (!checkpoint.findings.some((each) => each.problem === problem && each.trait === trait))
      throw new DomainError('conflict', `The checkpoint has no finding "${problem}" of "${trait}".`)
    await insertWork(trx, checkpointId, { ...done, doneAt: new Date(now()), doneBy: keyId })
    return checkpoint
  })
}

/**
 * Signs a checkpoint off: what is left open is known to whoever does.
 *
 * @throws {DomainError} `not_found`; `conflict` where it is signed off already
 */
export async function signCheckpointOff(
  { db, now }: CheckpointDeps,
  checkpointId: string,
  { note: why, keyId }: { readonly note: string | null; readonly keyId: string | null },
): Promise<Checkpoint> {
  return db.transaction().execute(async (trx) => {
    const checkpoint = await openOne(trx, checkpointId)
    const at = new Date(now())
    await signOff(trx, checkpointId, { at, by: keyId, note: why })
    await note(trx, keyId, 'sign-off', checkpointId, { note: why })
    return { ...checkpoint, signedOffAt: at, signedOffBy: keyId, note: why }
  })
}

async function openOne(trx: Transaction<Database>, checkpointId: string): Promise<Checkpoint> {
  const found = await lockCheckpoint(trx, checkpointId)
  if (found === undefined) throw new DomainError('not_found', 'There is no such checkpoint.')
  if (found.signedOffAt !== null)
    throw new DomainError('conflict', 'The checkpoint is signed off; open another one.')
  return found
}

const note = (
  trx: Transaction<Database>,
  keyId: string | null,
  action: string,
  id: string,
  after: { readonly [name: string]: string | null | Date | undefined } | null,
): Promise<void> =>
  recordCommand(trx, {
    keyId,
    action: `checkpoint.${action}`,
    target: `checkpoint/${id}`,
    before: null,
    after: JSON.parse(JSON.stringify(after)),
  })
