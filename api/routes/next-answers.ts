import { z } from '@hono/zod-openapi'
import type { Exclusion } from '../../domain/contact/policy.ts'
import type { AskedNext } from '../../operations/ask-next.ts'
import { toIso } from '../../domain/time.ts'
import { instant } from '../answers.ts'
import type { Committed } from '../commit-next.ts'
import { decisionSchema, scoreSchema } from './decision-answers.ts'
import { capUseSchema, toCapUse } from './cap-answers.ts'
import { openExclusionSchema, toOpenExclusion } from './exclusion-answers.ts'

const committedSchema = z.object({
  kind: z.enum(['offer', 'journey']),
  id: z.string(),
  status: z.enum(['committed', 'queued', 'refused', 'stored']).openapi({
    description:
      'committed: done, and counted. queued: the journey waits for its turn. refused: nothing was changed. stored: not yet decided after 5 s',
  }),
  reason: z.string().nullable(),
  seq: z.number().int().openapi({ description: "Its number in the customer's log" }),
  decision: decisionSchema.nullable(),
})

const identity = {
  kind: z.enum(['offer', 'journey']),
  id: z.string(),
  source: z.enum(['offer', 'request', 'queue', 'paused']).openapi({
    description: 'request: could be entered now; queue: waits for its turn; paused: was begun',
  }),
}

export const nextSchema = z
  .object({
    customerId: z.string(),
    at: instant.openapi({ description: "The customer's now" }),
    source: z.enum(['actor', 'snapshot']).openapi({
      description: 'snapshot: the actor does not run or cannot be reached; what SQL knows of it',
    }),
    asOf: instant.nullable().openapi({ description: 'How new what was judged is' }),
    current: z
      .object({
        journey: z.string(),
        version: z.number().int(),
        step: z.string(),
        since: instant,
        lock: z.object({ scope: z.string(), until: instant.nullable() }).nullable(),
      })
      .nullable(),
    ranked: z
      .array(
        z.object({
          ...identity,
          version: z.number().int().nullable(),
          score: scoreSchema.nullable(),
          reason: z.string(),
        }),
      )
      .openapi({ description: 'What may be done now, the best first' }),
    refused: z.array(z.object({ ...identity, gate: z.string(), reason: z.string() })),
    exclusions: z.array(openExclusionSchema),
    caps: z.array(capUseSchema),
    committed: committedSchema.nullable(),
  })
  .openapi('Next')

/** What could be done, and what was, as callers see it. */
export function toNext(
  customerId: string,
  { atMs, source, asOfMs, current, ranked, refused, exclusions, caps }: AskedNext,
  committed: Committed | null,
): z.infer<typeof nextSchema> {
  return {
    customerId,
    at: toIso(atMs),
    source,
    asOf: asOfMs === null ? null : toIso(asOfMs),
    current: current && {
      journey: current.journey,
      version: current.version,
      step: current.step,
      since: toIso(current.sinceMs),
      lock:
        current.lock === undefined
          ? null
          : {
              scope: current.lock.scope,
              until: current.lock.untilMs === null ? null : toIso(current.lock.untilMs),
            },
    },
    ranked: ranked.map(({ score, ...item }) => ({ ...item, score: score && { ...score } })),
    refused: [...refused],
    exclusions: exclusions.map(toExclusion),
    caps: caps.map(toCapUse),
    committed,
  }
}

/** As the actor holds one. */
const toExclusion = ({ sinceMs, fromMs, untilMs, ...exclusion }: Exclusion) =>
  toOpenExclusion({
    ...exclusion,
    since: new Date(sinceMs),
    inForceFrom: new Date(fromMs),
    until: untilMs === null ? null : new Date(untilMs),
  })
