import { LANES } from '../../domain/journeys/journey.ts'
import { z } from '@hono/zod-openapi'
import type { BacktestComparison, BacktestReport } from '../../domain/backtest/report.ts'
import { instant, jsonObject } from '../answers.ts'

const whole = z.number().int()
const counts = z.record(z.string(), whole)

const journeyFigures = z
  .object({
    journey: z.string(),
    version: whole,
    draft: z.boolean(),
    lane: z.enum(LANES),
    entered: whole,
    completed: whole,
    ended: counts.openapi({ description: 'By reason' }),
    open: whole.openapi({ description: 'Still inside at the end of the window' }),
    goal: z.object({ reached: whole, valueMinor: whole }),
    paused: whole,
    resumed: whole,
    queued: whole,
    turnedAway: counts.openapi({
      description: 'Triggered, but not started at once, by the gate that decided',
    }),
    steps: counts.openapi({ description: 'Visits' }),
    sent: counts.openapi({ description: 'By channel' }),
    unsent: whole.openapi({ description: 'Messages that could go out on no channel' }),
    keptBack: counts.openapi({
      description: 'Messages that contact rules kept back, or held for a while, by reason',
    }),
    alone: z
      .object({ entered: whole, completed: whole, ended: counts, sent: whole })
      .openapi({ description: 'As if there were no other journey' }),
  })
  .openapi('BacktestJourney')

const backtestReport = z
  .object({
    window: z.object({ from: instant, to: instant }),
    customers: z.object({ played: whole, entered: whole, messaged: whole }),
    events: z.object({ window: whole, history: whole }),
    journeys: z.array(journeyFigures),
    sent: z.object({ total: whole, byChannel: counts, byJourney: counts, byDay: counts }),
    switches: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        by: z.enum(['rank', 'score']),
        left: z.enum(['paused', 'abandoned']),
        count: whole,
      }),
    ),
    withoutArbitration: z.object({ sent: whole, collisions: whole, inTwoAtOnce: whole }),
    collisions: z.object({ withArbitration: whole, avoided: whole }),
    load: z.object({
      byHour: counts,
      byHourOfDay: z.array(whole),
      busiest: z.object({ hour: z.string(), sent: whole }).nullable(),
      median: whole,
    }),
    happened: z
      .object({
        sent: z.array(z.object({ journey: z.string(), channel: z.string(), count: whole })),
        entered: counts,
      })
      .nullable()
      .openapi({ description: 'What was really sent and entered in the window' }),
  })
  .openapi('BacktestReport') satisfies z.ZodType<BacktestReport>

const comparison = z
  .object({
    a: backtestReport,
    b: backtestReport,
    difference: jsonObject.openapi({
      description: 'b − a, figure by figure; those that are the same are left out',
    }),
  })
  .openapi('BacktestComparison') satisfies z.ZodType<BacktestComparison>

/** What a backtest found. */
export const reportSchema = z.union([backtestReport, comparison])
