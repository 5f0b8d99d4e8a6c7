import { setTimeout as sleep } from 'node:timers/promises'
import type { Finding } from '../../domain/errors.ts'
import { failureOf } from '../call.ts'
import { Outage } from '../failures.ts'
import type { Server } from '../server.ts'

/** Between tries where the server does not say how long; doubled from one to the next. */
const WAIT_MS_MIN = 500
const WAIT_MS_MAX = 30_000
/** Without an answer for this long, the import ends; it goes on from there when it is started again. */
const PATIENCE_MS = 10 * 60_000

export interface SendOptions {
  readonly signal: AbortSignal
  /** Told before each wait: why, and for how long. */
  readonly onWait: (reason: string, ms: number) => void
  /** Default: ten minutes. */
  readonly patienceMs?: number
}

/** Findings of those events that the server will not take, by their index in the batch. */
export type RefusedEvents = ReadonlyMap<number, readonly Finding[]>

/**
 * Sends events until the server has said what it makes of each. A batch whose fate is unknown is
 * sent again: message ids make that harmless.
 *
 * @param batch events as JSON texts
 * @throws {Outage} after ten minutes without an answer
 * @throws {CommandFailure} the server refuses the whole call: no such key, no scope
 */
export async function sendBatch(
  { client }: Server,
  batch: readonly string[],
  { signal, onWait, patienceMs = PATIENCE_MS }: SendOptions,
): Promise<RefusedEvents> {
  const body = `{"batch":[${batch.join(',')}]}`
  const untilMs = performance.now() + patienceMs
  for (let waitMs = WAIT_MS_MIN; ; waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)) {
    const { refused, outage, retryAfterMs } = await tryOnce(client, body)
    if (refused !== undefined) return refused
    const ms = retryAfterMs ?? waitMs
    if (performance.now() + ms > untilMs) throw outage
    onWait(outage.message, ms)
    await sleep(ms, undefined, { signal })
  }
}

type Try =
  | { readonly refused: RefusedEvents; readonly outage?: never; readonly retryAfterMs?: never }
  | { readonly refused?: never; readonly outage: Outage; readonly retryAfterMs: number | null }

async function tryOnce(client: Server['client'], body: string): Promise<Try> {
  try {
    const response = await client.v1.batch.$post(
      { query: {} },
      { headers: { 'content-type': 'application/json' }, init: { body } },
    )
    if (response.ok) {
      const { quarantined } = await response.json()
      return {
        refused: new Map(
          quarantined.map(({ index, findings }) => [index, findings.map(inEvent)] as const),
        ),
      }
    }
    const failure = await failureOf(response)
    if (failure instanceof Outage)
      return { outage: failure, retryAfterMs: retryAfter(response.headers) }
    const refused = byEvent(failure.findings)
    // No event of the batch was good: then the whole is refused, with a finding for each.
    if (response.status === 422 && refused.size > 0) return { refused }
    throw failure
  } catch (error) {
    if (error instanceof Outage) return { outage: error, retryAfterMs: null }
    throw error
  }
}

function retryAfter(headers: Headers): number | null {
  const seconds = headers.get('retry-after')
  return seconds !== null && /^\d+$/.test(seconds) ? Number(seconds) * 1000 : null
}

function byEvent(findings: readonly Finding[]): RefusedEvents {
  const found = new Map<number, Finding[]>()
  for (const finding of findings) {
    const index = IN_BATCH.exec(finding.path)?.[1]
    if (index === undefined) continue
    const list = found.get(Number(index)) ?? []
    found.set(Number(index), [...list, inEvent(finding)])
  }
  return found
}

const IN_BATCH = /^\/batch\/(\d+)/

/** With its place in the event: which batch the event was in, nobody knows later. */
const inEvent = (finding: Finding): Finding => ({
  ...finding,
  path: finding.path.replace(IN_BATCH, ''),
})
