import { z } from '@hono/zod-openapi'
import type { DecisionRow, StoredDecisionRow } from '../../db/decision-pages.ts'
import type { ArbitrationRequest, Decision } from '../../domain/decisioning/arbitration.ts'
import { explain } from '../../domain/decisioning/explain.ts'
import type { JsonObject } from '../../domain/json.ts'
import { instant, jsonObject } from '../answers.ts'

export const scoreSchema = z.object({
  propensity: z.number(),
  context: z.number(),
  value: z.number(),
  lever: z.number(),
  total: z.number(),
  factors: z.record(z.string(), z.number()).optional(),
})

export const decisionSchema = z
  .object({
    decisionId: z.string(),
    at: instant,
    cause: jsonObject,
    outcome: z.enum(['enter', 'stay', 'switch', 'resume', 'queue', 'reject']),
    summary: z.string(),
    winner: z.string().nullable().openapi({ description: 'Key of the journey that won' }),
    candidates: z.array(
      z.object({
        journey: z.string(),
        version: z.number().int(),
        source: z.enum(['trigger', 'deferred', 'paused']),
        fate: z.enum(['win', 'queue', 'keep', 'reject']),
        gate: z.string().nullable().openapi({ description: 'The rule that decided' }),
        reason: z.string(),
        score: scoreSchema
          .nullable()
          .openapi({ description: 'Propensity × context × value × lever; null for one by hand' }),
        until: instant.nullable(),
      }),
    ),
    replaced: z
      .object({ runId: z.string(), fate: z.enum(['paused', 'abandoned', 'finishing']) })
      .nullable(),
  })
  .openapi('Decision')

/** With the same in words. */
export const explainedDecisionSchema = decisionSchema
  .extend({
    explanation: z.array(z.string()).openapi({
      description:
        'In plain words: what happened, who was there, what became of each candidate and why',
    }),
  })
  .openapi('ExplainedDecision')

/** With what it was decided from, so that it can be decided again. */
export const storedDecisionSchema = explainedDecisionSchema
  .extend({
    customerId: z.string(),
    stored: z.object({ request: jsonObject, decision: jsonObject }).openapi({
      description: 'As it was asked and as it was answered; the same request decides alike',
    }),
  })
  .openapi('StoredDecision')

/** A stored decision as callers see it: journeys by key, not the actor's own candidate ids. */
export function toDecision({ decisionId, at, cause, decision }: DecisionRow) {
  const { outcome, summary, fates, replaced } = decision
  return {
    decisionId,
    at: at.toISOString(),
    cause: { ...cause },
    outcome,
    summary,
    winner: fates.find((fate) => fate.candidateId === decision.winner)?.journey ?? null,
    candidates: fates.map(({ journey, version, source, fate, gate, reason, score, untilMs }) => ({
      journey,
      version,
      source,
      fate,
      gate,
      reason,
      score: score && { ...score },
      until: untilMs === null ? null : new Date(untilMs).toISOString(),
    })),
    replaced,
  }
}

/** The same with its explanation. */
export const toExplained = (row: StoredDecisionRow) => ({
  ...toDecision(row),
  explanation: explain(row.request, row.decision),
})

/** The same with what it was decided from. */
export const toStored = (row: StoredDecisionRow) => ({
  ...toExplained(row),
  customerId: row.customerId,
  stored: { request: asJson(row.request), decision: asJson(row.decision) },
})

/** Both came from JSON and hold nothing else. */
const asJson = (stored: ArbitrationRequest | Decision): JsonObject =>
  stored as unknown as JsonObject
