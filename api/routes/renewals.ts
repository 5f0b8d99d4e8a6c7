import { createRoute, z } from '@hono/zod-openapi'
import { listRenewals, type RenewalRow } from '../../db/renewals.ts'
import type { PlannedChange } from '../../domain/library/plan-renewal.ts'
import type { RenewedVersion } from '../../domain/library/renewal.ts'
import { planTexts, renewTexts } from '../../operations/renew-texts.ts'
import { undoRenewal } from '../../operations/undo-renewal.ts'
import { body, findingSchema, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, listQuery, textSchema } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const TAGS = ['Messages']
const FIND_MAX = 500
const whole = z.number().int()

const search = z.strictObject({
  find: textSchema(FIND_MAX).openapi({ description: 'As it is written, signs and case included' }),
  replace: z.string().max(FIND_MAX).openapi({ description: 'What is to stand there' }),
  withinWords: z
    .boolean()
    .optional()
    .openapi({ description: 'Also where it is only a part of a word. Default: no' }),
  note: textSchema(1_000).optional(),
  dryRun: z.boolean().optional().openapi({ description: 'Say what would happen; change nothing' }),
})

const kind = z.enum(['journey', 'message', 'contact-policy'])

const planSchema = z
  .object({
    ok: z.boolean(),
    changes: z.array(
      z.object({
        kind,
        key: z.string(),
        version: whole.openapi({ description: 'The one that is live, or the latest, now' }),
        mentions: z.array(
          z.object({
            path: z.string().openapi({ description: 'JSON pointer into the definition' }),
            times: whole,
            before: z.string(),
            after: z.string(),
          }),
        ),
        takes: z.array(z.string()).openapi({
          description: 'Messages of the library that it takes anew, since they change',
        }),
      }),
    ),
    findings: z.array(findingSchema).openapi({
      description:
        'Of all drafts, each under `/messages/<key>`, `/journeys/<key>` or `/contact-policy`',
    }),
  })
  .openapi('RenewalPlan')

const publishedSchema = z.array(
  z.object({
    kind,
    key: z.string(),
    from: whole,
    to: whole,
    fromHash: z.string(),
    toHash: z.string(),
    migrationId: z
      .string()
      .nullable()
      .openapi({ description: 'Takes the people inside along; null where there were none' }),
  }),
)

const renewalSchema = z
  .object({
    id: z.string(),
    find: z.string(),
    replace: z.string(),
    note: z.string().nullable(),
    published: publishedSchema,
    createdAt: instant,
    createdBy: z.string().nullable(),
    undoneAt: instant.nullable(),
    undoneBy: z.string().nullable(),
  })
  .openapi('Renewal')

const renew = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/renewals',
    summary: 'Replace a text in all that is live, or say what that would do',
    tags: TAGS,
    ...guard.command('publish'),
    request: { body: body(search) },
    responses: {
      200: json(planSchema, 'With `dryRun`: what mentions it, and what speaks against it'),
      201: json(renewalSchema, 'Published, all of it'),
      ...problems(400, 409, 413, 415, 422),
    },
  })

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/renewals',
    summary: 'List texts that were replaced, the newest first',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: listQuery },
    responses: { 200: json(listOf(renewalSchema), 'Renewals'), ...problems(400) },
  })

const undo = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/renewals/{id}/undo',
    summary: 'Publish again what was there before a text was replaced',
    tags: TAGS,
    ...guard.bareCommand('publish'),
    request: { params: z.object({ id: idSchema }) },
    responses: {
      200: json(renewalSchema.extend({ restored: publishedSchema }), 'What it was before, again'),
      ...problems(400, 404, 409, 413, 422),
    },
  })

/** A text that is replaced everywhere at once. */
export const renewalRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(renew(guard), async (c) => {
      const { note = null, dryRun = false, withinWords = false, ...texts } = c.req.valid('json')
      const asked = { ...texts, withinWords }
      if (dryRun) {
        const { messages, journeys, policies, findings } = await planTexts(deps.db, asked)
        const ok = findings.every(({ severity }) => severity !== 'error')
        const changes = [...messages, ...journeys, ...policies].map(toChange)
        return c.json({ ok, changes, findings: [...findings] }, 200)
      }
      const { keyId } = c.get('caller')
      return c.json(toRenewal(await renewTexts(deps, { ...asked, note, keyId })), 201)
    })
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const place = readCursor(cursor, z.tuple([cursorInstant, z.string()]))
      const before = place && { createdAt: place[0], renewalId: place[1] }
      const rows = await listRenewals(deps.db, { limit: limit + 1, before })
      return c.json(
        toPage(rows, limit, ({ createdAt, renewalId }) => [createdAt, renewalId], toRenewal),
        200,
      )
    })
    .openapi(undo(guard), async (c) => {
      const { renewal, published } = await undoRenewal(deps, {
        renewalId: c.req.valid('param').id,
        keyId: c.get('caller').keyId,
      })
      return c.json({ ...toRenewal(renewal), restored: published.map(toPublished) }, 200)
    })

const toChange = ({ kind: what, key, version, mentions, takes }: PlannedChange) => ({
  kind: what,
  key,
  version,
  mentions: mentions.map((mention) => ({ ...mention })),
  takes: [...takes],
})

const toPublished = ({ migrationId, ...published }: RenewedVersion) => ({
  ...published,
  migrationId: migrationId ?? null,
})

const toRenewal = ({ renewalId, published, createdAt, undoneAt, ...row }: RenewalRow) => ({
  ...row,
  id: renewalId,
  published: published.map(toPublished),
  createdAt: createdAt.toISOString(),
  undoneAt: undoneAt?.toISOString() ?? null,
})
