import { randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import type { MigrationRound } from '../../activities/contract.ts'
import { createMigrateSome } from '../../activities/migration-rounds.ts'
import type { Database } from '../../db/schema.ts'
import { writeTurnRecord } from '../../db/turn-records.ts'
import type { MigrationMove } from '../../domain/actor/effects.ts'

/** Where somebody stands. */
export interface Standing {
  readonly journey: string
  readonly step?: string
  readonly version?: number
  readonly status?: 'active' | 'waiting' | 'paused' | 'ended'
  readonly test?: boolean
  /** Messages that they got. */
  readonly got?: readonly string[]
}

/** Puts somebody into a journey, as their actor would have recorded it; answers the run. */
export async function insertRun(
  db: Kysely<Database>,
  { journey, step = 'rest', version = 1, status = 'waiting', test = false, got = [] }: Standing,
): Promise<string> {
  const customerId = randomUUID()
  const runId = `${customerId}.1`
  const at = new Date('2026-01-01T00:00:00Z')
  await db
    .insertInto('customers')
    .values({ customer_id: customerId, deliver_to: null, created_at: at, test, last_batch: 1 })
    .execute()
  await db
    .insertInto('runs')
    .values({
      run_id: runId,
      customer_id: customerId,
      journey,
      version,
      status,
      step,
      since: at,
      entered_at: at,
      wake_at: null,
      locked: false,
      ended_at: null,
      end_reason: null,
      goal_value_minor: null,
      turn: 1,
    })
    .execute()
  for (const message of got)
    await db
      .insertInto('deliveries')
      .values({
        delivery_id: `${runId}.${message}`,
        customer_id: customerId,
        run_id: runId,
        journey,
        version,
        step: message,
        message,
        channel: 'email',
        class: 'marketing',
        to_address: null,
        status: 'sent',
        reason: null,
        provider_id: null,
        at,
      })
      .execute()
  return runId
}

/** What a migration asks of one run. */
export interface Asked {
  readonly migrationId: string
  readonly runId: string
  readonly version: number
  /** Of a move: null ends the run. */
  readonly to?: string | null
}

/** Stands where the engine stands: has rounds made, and actors answer what they are asked. */
export class MigrationByHand {
  readonly #db: Kysely<Database>
  readonly #migrateSome: ReturnType<typeof createMigrateSome>
  #turn = 1

  constructor(db: Kysely<Database>, deps: { enterAtMost?: number } = {}) {
    this.#db = db
    this.#migrateSome = createMigrateSome({ db, now: Date.now, ...deps })
  }

  /** Rounds until nothing is left, or until `roundsMax`; actors answer `result` after each. */
  async run(
    migrationId: string,
    result: (asked: Asked) => MigrationMove['result'],
    roundsMax = 100,
  ): Promise<number> {
    for (let rounds = 1; rounds <= roundsMax; rounds++) {
      if ((await this.round(migrationId)).isOver) return rounds
      await this.answer(result)
      await sql`update migration_runs set not_before = null`.execute(this.#db)
    }
    return roundsMax
  }

  /** One round that nobody answers yet. */
  round(migrationId: string): Promise<MigrationRound> {
    return this.#migrateSome({ migrationId })
  }

  /** What customers were asked and have not answered yet, answered. */
  async answer(result: (asked: Asked) => MigrationMove['result']): Promise<void> {
    const rows = await this.#db
      .selectFrom('events')
      .select(['seq', 'customer_id', 'payload'])
      .where('type', '=', 'migrate')
      .where('status', '=', 'pending')
      .orderBy('seq')
      .execute()
    for (const { seq, customer_id: customerId, payload } of rows) {
      await this.#db
        .updateTable('events')
        .set({ status: 'batched', batch: 1 })
        .where('seq', '=', seq)
        .execute()
      const asked = payload as unknown as Asked
      await this.#record(customerId, asked, result(asked))
    }
  }

  async #record(customerId: string, asked: Asked, result: MigrationMove['result']): Promise<void> {
    const { migrationId, runId, version, to } = asked
    const run = await this.#db
      .selectFrom('runs')
      .selectAll()
      .where('run_id', '=', runId)
      .executeTakeFirstOrThrow()
    const hasMoved = result === 'moved' || result === 'undone'
    const ended = result === 'exited' ? Date.parse('2026-01-02T00:00:00Z') : null
    await writeTurnRecord(
      this.#db,
      {
        customerId,
        turn: ++this.#turn,
        entries: [],
        runs: [
          {
            runId,
            journey: run.journey,
            version: hasMoved ? version : run.version,
            status: ended === null ? run.status : 'ended',
            step: result === 'moved' ? (to ?? run.step) : run.step,
            sinceMs: run.since.getTime(),
            enteredAtMs: run.entered_at.getTime(),
            wakeAtMs: null,
            locked: false,
            endedAtMs: ended,
            endReason: ended === null ? null : 'migrated',
            goalValueMinor: null,
          },
        ],
        deliveries: [],
        traits: {},
        page: {
          atMs: run.since.getTime(),
          lifecycle: {
            state: 'new',
            sinceMs: run.since.getTime(),
            previous: null,
            reason: 'Just met.',
          },
          deferred: [],
          nextWakeAtMs: null,
        },
        failures: [],
        moves: [{ migrationId, runId, result, from: null, to: null }],
      },
      null,
    )
  }
}
