import { createRoute, z } from '@hono/zod-openapi'
import { bodyLimit } from 'hono/body-limit'
import { listFeedbackCounts } from '../../db/feedback.ts'
import { DomainError } from '../../domain/errors.ts'
import { REPORT_DAYS_MAX } from '../../operations/count-days.ts'
import { receiveFeedback, refuseForged } from '../../operations/receive-feedback.ts'
import { json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import {
  deliveryIdIn,
  FEEDBACK_PROVIDERS,
  type ProviderReport,
} from '../feedback/provider-report.ts'
import { readCall, type CallReaderDeps, type ProviderCall } from '../feedback/read-call.ts'
import { createSnsCertificates } from '../feedback/sns-certificates.ts'
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
  const askProvider = deps.askProvider ?? (async () => null)
  const snsCertificates = createSnsCertificates({ get: askProvider, now: deps.now })
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
        search: new URL(c.req.url).search,
        path: c.req.path,
        bytes: new Uint8Array(await c.req.arrayBuffer()),
        header: (name: string) => c.req.header(name) ?? '',
      }
      const reports = await readVerified({ ...deps, askProvider, snsCertificates }, call)
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

/** @throws {DomainError} `forbidden`: the provider did not sign it; `malformed` */
async function readVerified(
  deps: ApiDeps & CallReaderDeps,
  call: ProviderCall,
): Promise<readonly ProviderReport[]> {
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
