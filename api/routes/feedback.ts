import { createRoute, z } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { listFeedbackCounts } from '../../db/feedback.ts'
import { DomainError } from '../../domain/errors.ts'
import { REPORT_DAYS_MAX } from '../../operations/count-days.ts'
import { isTokenOfBody, receiveFeedback, refuseForged } from '../../operations/receive-feedback.ts'
import { json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { ProviderDown } from '../errors.ts'
import {
  isSignedByMailgun,
  MAILGUN_TOKEN_KEPT_MS,
  parseMailgun,
  readMailgun,
} from '../feedback/mailgun.ts'
import { isKnownToPostmark, readPostmark } from '../feedback/postmark.ts'
import {
  deliveryIdIn,
  FEEDBACK_PROVIDERS,
  type FeedbackProvider,
  type ProviderReport,
} from '../feedback/provider-report.ts'
import { readSes } from '../feedback/ses.ts'
import { createSnsCertificates, type SnsCertificates } from '../feedback/sns-certificates.ts'
import { certificateUrlOf, isSignedBySns, parseSns, subscribeUrlOf } from '../feedback/sns.ts'
import { isSignedBySendGrid, readSendGrid } from '../feedback/sendgrid.ts'
import { isSignedByTwilio, readTwilio } from '../feedback/twilio.ts'
import { isSignedByVonage, parseVonage, readVonage } from '../feedback/vonage.ts'
import type { Guard } from '../guard.ts'
import { createRouter } from '../router.ts'

/** SendGrid sends up to 768 KB at once. */
const BODY_BYTES_MAX = 2 * 1024 * 1024
const DAYS_DEFAULT = 7
const DAY_MS = 86_400_000

const receive = createRoute({
  method: 'post',
  path: '/v1/feedback/{provider}',
  summary:
    'Bounces, complaints and reports of deliveries, as a provider’s webhook sends and signs them',
  tags: ['Feedback'],
  security: [],
  request: { params: z.object({ provider: z.enum(FEEDBACK_PROVIDERS) }) },
  responses: {
    200: json(
      z.object({ received: z.number().int(), recorded: z.number().int() }),
      'Taken; what is not recorded changes nothing',
    ),
    ...problems(400, 403, 404, 413),
  },
})

const report = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/reports/feedback',
    summary: 'What came back of messages, and what became of it: counts',
    tags: ['Feedback'],
    ...guard.read('read'),
    request: {
      query: z.object({
        days: z.coerce.number().int().min(1).max(REPORT_DAYS_MAX).default(DAYS_DEFAULT).openapi({
          description: 'Days of UTC, today among them',
        }),
      }),
    },
    responses: {
      200: json(
        z.object({
          data: z.array(
            z.object({
              day: z.string(),
              source: z.string(),
              kind: z.string(),
              verdict: z.string(),
              count: z.number().int(),
            }),
          ),
        }),
        'Newest day first',
      ),
      ...problems(400),
    },
  })

/** What providers tell of messages, and how much came back. */
export const feedbackRoutes = (deps: ApiDeps, guard: Guard) => {
  const router = createRouter()
  const snsCertificates = createSnsCertificates({ get: askerOf(deps), now: deps.now })
  router.use(
    receive.getRoutingPath(),
    bodyLimit({
      maxSize: BODY_BYTES_MAX,
      onError: () => {
        throw new DomainError('too_large', `A body may have at most ${BODY_BYTES_MAX} bytes.`)
      },
    }),
  )
  return router
    .openapi(receive, async (c) => {
      const { provider } = c.req.valid('param')
      const key = deps.feedbackKeys?.[provider]
      if (key === undefined)
        throw new DomainError('not_found', `No key of ${provider} is set here.`)
      const call = {
        provider,
        key,
        // As it was called: the signature of one of them is about it.
        search: new URL(c.req.url).search,
        path: c.req.path,
        // As it came: a signature is about bytes.
        bytes: new Uint8Array(await c.req.arrayBuffer()),
        header: (name: string) => c.req.header(name) ?? '',
      }
      const reports = await readVerified({ ...deps, snsCertificates }, call)
      let recorded = 0
      for (const { messageId, feedback, ...report } of reports) {
        const deliveryId = report.deliveryId ?? deliveryIdIn(messageId)
        const about = messageId === undefined ? {} : { messageId }
        const verdict = await receiveFeedback(deps, {
          source: provider,
          deliveryId,
          ...about,
          feedback,
        })
        if (verdict === 'recorded') recorded += 1
      }
      return c.json({ received: reports.length, recorded }, 200)
    })
    .openapi(report(guard), async (c) => {
      const since = new Date(deps.now() - (c.req.valid('query').days - 1) * DAY_MS)
      return c.json({ data: await listFeedbackCounts(deps.db, since) }, 200)
    })
}

interface FeedbackRouteDeps extends ApiDeps {
  readonly snsCertificates: SnsCertificates
}

interface ProviderCall {
  readonly provider: FeedbackProvider
  readonly key: string
  readonly path: string
  readonly search: string
  readonly bytes: Uint8Array
  readonly header: (name: string) => string
}

/** @throws {DomainError} `forbidden`: the provider did not sign it; `malformed` */
async function readVerified(
  deps: FeedbackRouteDeps,
  call: ProviderCall,
): Promise<ProviderReport[]> {
  const reports = await readCall(deps, call)
  if (reports === 'forged') {
    await refuseForged(deps, call.provider)
    throw new DomainError(
      'forbidden',
      `This is not signed by ${call.provider}, or not with its key.`,
    )
  }
  if (reports === undefined)
    throw new DomainError('malformed', `This is no call as ${call.provider} makes them.`)
  return reports
}

function readCall(deps: FeedbackRouteDeps, call: ProviderCall) {
  switch (call.provider) {
    case 'sendgrid':
      return readSendGridCall(call)
    case 'mailgun':
      return readMailgunCall(deps, call)
    case 'postmark':
      return readPostmarkCall(call)
    case 'ses':
      return readSesCall(deps, call)
    case 'twilio':
      return readTwilioCall(deps, call)
    case 'vonage':
      return readVonageCall(call)
  }
}

function readPostmarkCall({
  bytes,
  header,
  key,
}: ProviderCall): ProviderReport[] | 'forged' | undefined {
  if (!isKnownToPostmark(header('authorization'), key)) return 'forged'
  const report = readPostmark(parsed(bytes))
  return report && [report]
}

async function readSesCall(
  deps: FeedbackRouteDeps,
  { bytes, key: topic }: ProviderCall,
): Promise<ProviderReport[] | 'forged' | undefined> {
  const envelope = parseSns(parsed(bytes))
  const certificateUrl = envelope && certificateUrlOf(envelope, topic)
  if (envelope === undefined || certificateUrl === undefined) return 'forged'
  const pem = await deps.snsCertificates(certificateUrl)
  if (!isSignedBySns(envelope, pem, deps.now())) return 'forged'
  if (envelope.Type === 'Notification') {
    const report = readSes(parsed(Buffer.from(envelope.Message)))
    return report && [report]
  }
  const subscribeUrl = subscribeUrlOf(envelope, topic)
  if (subscribeUrl === undefined) {
    deps.log.warn({ topic }, 'A topic tells nothing here any more')
    return []
  }
  if ((await askerOf(deps)(subscribeUrl)) === null)
    throw new ProviderDown('The subscription could not be confirmed.')
  deps.log.info({ topic }, 'A topic tells what it knows here from now on')
  return []
}

const askerOf = ({ askProvider }: ApiDeps): ((url: string) => Promise<string | null>) =>
  askProvider ?? (async () => null)

function readTwilioCall(
  { publicUrl = '' }: ApiDeps,
  { bytes, header, key, path, search }: ProviderCall,
): ProviderReport[] | 'forged' {
  const form = new URLSearchParams(Buffer.from(bytes).toString('utf8'))
  const signed = { url: `${publicUrl}${path}${search}`, form }
  if (!isSignedByTwilio(signed, header('x-twilio-signature'), key)) return 'forged'
  return [readTwilio(new URLSearchParams(search), form)]
}

function readVonageCall({ bytes, header, key }: ProviderCall): ProviderReport[] | 'forged' {
  const receipt = parseVonage(Buffer.from(bytes).toString('utf8'), header('content-type'))
  if (receipt === undefined || !isSignedByVonage(receipt, key)) return 'forged'
  return [readVonage(receipt)]
}

function readSendGridCall({
  bytes,
  header,
  key,
}: ProviderCall): ProviderReport[] | 'forged' | undefined {
  const signature = header('x-twilio-email-event-webhook-signature')
  const timestamp = header('x-twilio-email-event-webhook-timestamp')
  if (!isSignedBySendGrid(bytes, { signature, timestamp }, key)) return 'forged'
  return readSendGrid(parsed(bytes))
}

async function readMailgunCall(
  deps: ApiDeps,
  { provider, bytes, key }: ProviderCall,
): Promise<ProviderReport[] | 'forged' | undefined> {
  const call = parseMailgun(parsed(bytes))
  if (call === undefined || !isSignedByMailgun(call, key, deps.now())) return 'forged'
  const used = { provider, token: call.signature.token, body: bytes }
  if (!(await isTokenOfBody(deps, used, MAILGUN_TOKEN_KEPT_MS))) return 'forged'
  return [readMailgun(call)]
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
