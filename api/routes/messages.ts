import { createRoute, z } from '@hono/zod-openapi'
import { LIBRARY_MESSAGES } from '../../db/library-messages.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import type { JsonValue } from '../../domain/json.ts'
import { checkLibraryMessage } from '../../domain/library/check-library-message.ts'
import type { LibraryMessage } from '../../domain/library/library-message.ts'
import { publishMessage } from '../../operations/publish-message.ts'
import { showMessage, type ShownMessage } from '../../operations/show-message.ts'
import { body, json, jsonObject, jsonValue, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, textSchema } from '../inputs.ts'
import { toDocument } from './document-answers.ts'
import { documentRoutes, documentSchemas, draftOrKey } from './keyed-document-routes.ts'
import { askedDocument, documentRouter, getDocument, type KeyedKind } from './keyed-documents.ts'

const NAMING = {
  path: '/v1/messages',
  tag: 'Messages',
  name: 'message',
  title: 'a message',
  plural: 'messages',
} as const
const SCHEMAS = documentSchemas({ version: 'MessageVersion', latest: 'LibraryMessage' })
const whole = z.number().int()

const MESSAGE: KeyedKind<LibraryMessage> = {
  name: NAMING.name,
  rows: LIBRARY_MESSAGES,
  check: (sent) => {
    const { message, findings } = checkLibraryMessage(sent)
    return { document: message, findings }
  },
  publish: publishMessage,
}

const previewInput = z.strictObject({
  ...draftOrKey(NAMING),
  customerId: idSchema
    .optional()
    .openapi({ description: 'A test customer; in its place: `traits`' }),
  traits: jsonObject.optional().openapi({ description: 'Of a customer who is made up' }),
  locale: textSchema(100)
    .optional()
    .openapi({ description: "Read in this language. Default: the customer's" }),
  event: z
    .strictObject({ name: idSchema, properties: jsonObject.default({}) })
    .optional()
    .openapi({ description: 'What let the customer in' }),
  counts: z
    .record(z.string(), whole.min(0))
    .optional()
    .openapi({ description: 'How often an event happened. Default: never' }),
})

const previewSchema = z
  .object({
    locale: z.string().nullable(),
    channels: z.array(
      z.object({
        channel: z.enum(CHANNELS),
        locale: z
          .string()
          .nullable()
          .openapi({ description: 'The variant; null: what everybody else reads' }),
        to: z.string().nullable(),
        content: jsonValue.nullable(),
        problems: z.array(
          z.object({ path: z.string(), message: z.string(), line: whole, column: whole }),
        ),
      }),
    ),
  })
  .openapi('MessagePreview')

const preview = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/messages/preview',
    summary: 'Show a message as a test customer, or one who is made up, would get it',
    tags: [NAMING.tag],
    ...guard.ask('publish'),
    request: { body: body(previewInput) },
    responses: {
      200: json(previewSchema, 'What would go out, or all that keeps it from that'),
      ...problems(400, 404, 413, 415, 422),
    },
  })

/** Messages that journeys share. */
export const messageRoutes = (deps: ApiDeps, guard: Guard) => {
  const { db } = deps
  const routes = documentRoutes(guard, NAMING, { ...SCHEMAS, shown: SCHEMAS.latest })
  return documentRouter(deps, routes, MESSAGE)
    .openapi(routes.one, async (c) =>
      c.json(toDocument(await getDocument(db, MESSAGE, c.req.valid('param').key)), 200),
    )
    .openapi(preview(guard), async (c) => {
      const { document, key, ...asked } = c.req.valid('json')
      const message = await askedDocument(db, MESSAGE, { document, key })
      return c.json(toPreview(await showMessage(deps, { ...asked, message })), 200)
    })
}

const toPreview = ({ locale, channels }: ShownMessage) => ({
  locale,
  channels: channels.map(({ content, problems: found, ...channel }) => ({
    ...channel,
    content: content as JsonValue,
    problems: [...found],
  })),
})
