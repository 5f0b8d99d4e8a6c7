import { z } from '@hono/zod-openapi'
import type { listDeliveries } from '../../db/delivery-pages.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import { instant } from '../answers.ts'
import { cursorInstant } from '../pages.ts'

export const DELIVERY_STATUSES = [
  'queued',
  'sending',
  'sent',
  'held',
  'parked',
  'skipped',
  'dropped',
  'muted',
  'failed',
  'unknown',
] as const

export const deliverySchema = z
  .object({
    deliveryId: z.string(),
    customerId: z.string(),
    at: instant,
    runId: z.string(),
    journey: z.string(),
    version: z.number().int(),
    step: z.string(),
    message: z.string(),
    channel: z.enum(CHANNELS),
    to: z.string().nullable(),
    status: z.enum(DELIVERY_STATUSES),
    reason: z.string().nullable(),
    providerId: z.string().nullable(),
    attempt: z.number().int(),
  })
  .openapi('Delivery')

type DeliveryRow = Awaited<ReturnType<typeof listDeliveries>>[number]

/** A delivery as callers see it. */
export const toDelivery = (row: DeliveryRow) => ({ ...row, at: row.at.toISOString() })

/** Where a list of deliveries goes on. */
export const deliveryPlace = z
  .tuple([cursorInstant, z.string()])
  .transform(([at, deliveryId]) => ({ at, deliveryId }))
