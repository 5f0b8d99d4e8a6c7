import { createHash, timingSafeEqual } from 'node:crypto'
import type { Payload, PayloadCodec } from '@temporalio/common'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { z } from 'zod'
import { DomainError } from '../../domain/errors.ts'
import { PayloadKeyDestroyedError } from '../../platform/payload-codec.ts'
import type { ApiDeps } from '../deps.ts'

/** As the engine's own UI sends a page of a history. */
const BODY_BYTES_MAX = 16 * 1024 * 1024

const bytes = z.base64()
const payloadsSchema = z.object({
  payloads: z.array(
    z.object({ metadata: z.record(z.string(), bytes).default({}), data: bytes.default('') }),
  ),
})
type PayloadJson = z.output<typeof payloadsSchema>['payloads'][number]

/** What lets the UI of the engine show payloads in the clear. */
export interface CodecEndpoint {
  readonly codec: PayloadCodec
  /** Stands in the path: whoever knows it may read what the engine holds. */
  readonly token: string
}

/**
 * `POST /codec/{token}/decode`, the protocol of Temporal's remote codecs: payloads as proto JSON, in and
 * out. Only pages of the engine's UI may ask from a browser. A payload whose key was destroyed says so.
 */
export function codecRoutes({ codecEndpoint, temporalUi }: ApiDeps) {
  const routes = new Hono()
  if (codecEndpoint === undefined) return routes
  const { codec, token } = codecEndpoint
  const path = '/codec/:token/decode'
  routes.use(
    path,
    cors({ origin: new URL(temporalUi.url).origin, allowMethods: ['POST'], maxAge: 600 }),
    bodyLimit({ maxSize: BODY_BYTES_MAX }),
  )
  routes.post(path, async (c) => {
    if (!isSame(c.req.param('token'), token))
      throw new DomainError('not_found', 'There is no codec endpoint here.')
    const body = payloadsSchema.safeParse(await c.req.json().catch(() => undefined))
    if (!body.success)
      throw new DomainError('malformed', 'This is no list of payloads as the engine writes them.')
    const payloads = await Promise.all(
      body.data.payloads.map(async (payload) => toJson(await decoded(codec, toPayload(payload)))),
    )
    return c.json({ payloads })
  })
  return routes
}

async function decoded(codec: PayloadCodec, payload: Payload): Promise<Payload> {
  try {
    const [clear = payload] = await codec.decode([payload])
    return clear
  } catch (error) {
    if (!(error instanceof PayloadKeyDestroyedError)) throw error
    return {
      metadata: { encoding: Buffer.from('json/plain') },
      data: Buffer.from(JSON.stringify('The customer was erased: nobody can read this any more.')),
    }
  }
}

const toPayload = ({ metadata, data }: PayloadJson): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  ),
  data: Buffer.from(data, 'base64'),
})

const toJson = ({ metadata, data }: Payload): PayloadJson => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]),
  ),
  data: base64(data),
})

const base64 = (value: Uint8Array | null | undefined): string =>
  Buffer.from(value ?? []).toString('base64')

/** In a time that says nothing about where they differ. */
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
