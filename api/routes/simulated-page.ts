import type { CustomerPageRow, OpenRunRow } from '../../db/customer-pages.ts'
import type { RunRecord } from '../../domain/actor/effects.ts'
import type { Story } from '../../domain/play-story.ts'
import type { SimulatedLife } from '../../domain/simulated-life.ts'
import { toIso } from '../../domain/time.ts'

/** The row that a customer with this life would have. */
export function toPageRow(
  { customerId, createdAtMs }: Story,
  life: SimulatedLife,
): CustomerPageRow {
  const page = life.records.at(-1)?.page
  return {
    customerId,
    test: true,
    createdAt: new Date(createdAtMs),
    clockOffsetMs: 0,
    traits: life.profile.traits,
    traitOrigins: life.profile.origins,
    lifecycleState: page?.lifecycle.state ?? null,
    lifecycleSince: page === undefined ? null : new Date(page.lifecycle.sinceMs),
    lifecyclePrevious: page?.lifecycle.previous ?? null,
    lifecycleReason: page?.lifecycle.reason ?? null,
    deferred: (page?.deferred ?? []).map(({ untilMs, ...rest }) => ({
      ...rest,
      until: toIso(untilMs),
    })),
    nextWakeAt: dateOrNull(page?.nextWakeAtMs ?? null),
    asOf: dateOrNull(page?.atMs ?? null),
    actor: 'none',
    contactState: null,
    identities: [],
    mergedFrom: [],
    consents: life.granted.map(({ number: _, atMs, ...consent }) => ({
      ...consent,
      at: new Date(atMs),
    })),
    runs: openRuns(life),
    exclusions: life.actor.exclusions.map(({ sinceMs, fromMs, untilMs, ...exclusion }) => ({
      ...exclusion,
      since: new Date(sinceMs),
      inForceFrom: new Date(fromMs),
      until: dateOrNull(untilMs),
      closed: null,
    })),
  }
}

/** Each run as it was written last, the newest first. */
function openRuns({ records }: SimulatedLife): OpenRunRow[] {
  const runs = new Map<string, RunRecord>()
  for (const record of records) for (const run of record.runs) runs.set(run.runId, run)
  return [...runs.values()]
    .toSorted((a, b) => b.enteredAtMs - a.enteredAtMs)
    .flatMap(({ runId, journey, version, lane, status, step, sinceMs, wakeAtMs, locked, lock }) =>
      status === 'ended'
        ? []
        : [
            {
              runId,
              journey,
              version,
              status,
              step,
              lane: lane ?? 'foreground',
              locked,
              lockScope: lock?.scope ?? null,
              lockUntil: dateOrNull(lock?.untilMs ?? null),
              since: new Date(sinceMs),
              wakeAt: dateOrNull(wakeAtMs),
            },
          ],
    )
}

const dateOrNull = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
