import { randomUUID } from 'node:crypto'
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { cors } from 'hono/cors'
import { listDecisionsById } from '../../db/decision-pages.ts'
import { insertQuarantined } from '../../db/quarantine.ts'
import { DomainError } from '../../domain/errors.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { Accepted } from '../../operations/incoming-event.ts'
import {
  EVENT_BYTES_MAX,
  EVENT_CALLS,
  parseEvent,
  type EventCall,
} from '../../operations/parse-event.ts'
import { waitHandled } from '../../operations/wait-handled.ts'
import { findingSchema, json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { ApiEnv } from '../env.ts'
import type { Guard } from '../guard.ts'
import { createRouter } from '../router.ts'
import { decisionSchema, toDecision } from './decision-answers.ts'
import { parseBatch, refusedEvents, refuseWithoutGood, type RefusedEvent } from './parse-batch.ts'
import { batchBody, eventBody } from './segment-bodies.ts'

/** How long `?wait=handled` waits. */
const PATIENCE_MS = 5_000

const query = z.object({
  wait: z.literal('handled').optional().openapi({
    description:
      'Answer when the actor has applied the events and decided, at the latest after 5 s',
  }),
})

const handledFields = {
  customerId: z.string().nullable().optional().openapi({
    description: 'With wait=handled: whose events these are; null when of several customers',
  }),
  decisions: z.array(decisionSchema).optional().openapi({ description: 'With wait=handled' }),
}
const stored = z.object({ success: z.literal(true), ...handledFields })
const storedBatch = stored.extend({
  accepted: z.number().int(),
  quarantined: z.array(z.object({ index: z.number().int(), findings: z.array(findingSchema) })),
})

const single = <Call extends EventCall>(guard: Guard, call: Call) =>
  createRoute({
    method: 'post',
    path: `/v1/${call}`,
    summary: `Segment's ${call}`,
    tags: ['Ingest'],
    ...guard.ingest(),
    request: { query, body: eventBody(call) },
    responses: {
      200: json(stored, 'Stored'),
      202: json(stored, 'Stored, and not yet handled after 5 s'),
      ...problems(400, 413, 415, 422),
    },
  })

const batch = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/batch',
    summary: "Segment's batch",
    description:
      'A bad event in a good batch is quarantined with its reason and the rest goes on. A batch without a good event is refused.',
    tags: ['Ingest'],
    ...guard.ingest(),
    request: { query, body: batchBody },
    responses: {
      200: json(storedBatch, 'Stored'),
      202: json(storedBatch, 'Stored, and not yet handled after 5 s'),
      ...problems(400, 413, 415, 422),
    },
  })

/** Browsers send events from the pages of whoever holds the key; no cookie is ever looked at. */
const fromAnyPage = cors({
  origin: '*',
  allowMethods: ['POST'],
  exposeHeaders: ['x-request-id', 'retry-after'],
})

/** Segment's HTTP tracking API. */
export function ingestRoutes(deps: ApiDeps, guard: Guard) {
  const accept = async (call: EventCall, c: Context<ApiEnv>) => {
    const { body, bytes } = await readBody(c)
    if (bytes > EVENT_BYTES_MAX)
      throw new DomainError('too_large', `An event may have at most ${EVENT_BYTES_MAX} bytes.`)
    const { event, findings } = parseEvent(body, { type: call })
    if (event === null)
      throw new DomainError('unacceptable', `The ${call} call cannot be accepted.`, findings)
    const accepted = await deps.acceptor.accept([event])
    const refused = accepted[0]?.findings
    if (refused !== undefined)
      throw new DomainError('unacceptable', 'The tracking plan does not let it in.', refused)
    const { status, answer } = await answerFor(deps, c, accepted)
    return c.json({ success: true as const, ...answer }, status)
  }
  const router = createRouter()
  for (const path of [...EVENT_CALLS, 'batch']) router.use(`/v1/${path}`, fromAnyPage)
  return router
    .openapi(single(guard, 'track'), (c) => accept('track', c))
    .openapi(single(guard, 'identify'), (c) => accept('identify', c))
    .openapi(single(guard, 'alias'), (c) => accept('alias', c))
    .openapi(single(guard, 'page'), (c) => accept('page', c))
    .openapi(single(guard, 'screen'), (c) => accept('screen', c))
    .openapi(single(guard, 'group'), (c) => accept('group', c))
    .openapi(batch(guard), async (c) => {
      const { events, refused: unread } = parseBatch(await readBody(c))
      const answers = await deps.acceptor.accept(events.map(({ event }) => event))
      const accepted = answers.filter(({ status }) => status !== 'refused')
      const refused = [...unread, ...refusedEvents(events, answers)]
      refuseWithoutGood(accepted.length, refused)
      await quarantine(deps, c.get('caller').keyId, refused)
      const { status, answer } = await answerFor(deps, c, accepted)
      const quarantined = refused
        .toSorted((a, b) => a.index - b.index)
        .map(({ index, shown }) => ({ index, findings: [...shown] }))
      const stored = { success: true as const, accepted: accepted.length, quarantined }
      return c.json({ ...stored, ...answer }, status)
    })
}

async function readBody(c: Context<ApiEnv>): Promise<{ body: JsonValue; bytes: number }> {
  const text = await c.req.text()
  try {
    return { body: JSON.parse(text) as JsonValue, bytes: Buffer.byteLength(text) }
  } catch {
    throw new DomainError('malformed', 'The body is not JSON.')
  }
}

async function quarantine(
  { db, now }: ApiDeps,
  keyId: string,
  refused: readonly RefusedEvent[],
): Promise<void> {
  const receivedAtMs = now()
  await insertQuarantined(
    db,
    refused.map(({ body, findings }) => ({
      quarantineId: `quarantine_${randomUUID()}`,
      keyId,
      body,
      findings,
      receivedAtMs,
    })),
  )
}

/** With `?wait=handled`, waits and says what was decided. */
async function answerFor(
  deps: ApiDeps,
  c: Context<ApiEnv>,
  accepted: readonly Accepted[],
): Promise<{
  status: 200 | 202
  answer: { customerId?: string | null; decisions?: ReturnType<typeof toDecision>[] }
}> {
  if (c.req.query('wait') === undefined) return { status: 200, answer: {} }
  const kept = accepted.filter(({ status }) => status !== 'dropped')
  const byCustomer = Map.groupBy(kept, (answer) => answer.customerId)
  const waited = await Promise.all(
    [...byCustomer].map(([customerId, accepted]) =>
      waitHandled(
        { client: deps.client(), db: deps.db },
        { customerId, accepted, withinMs: PATIENCE_MS },
      ),
    ),
  )
  const decisionIds = waited.flatMap(({ results }) =>
    results.flatMap(({ decisionId }) => decisionId ?? []),
  )
  const decisions = await listDecisionsById(deps.db, [...new Set(decisionIds)])
  const [customerId = null, ...others] = byCustomer.keys()
  return {
    status: waited.every(({ handled }) => handled) ? 200 : 202,
    answer: {
      customerId: others.length === 0 ? customerId : null,
      decisions: decisions.map(toDecision),
    },
  }
}
