import { createRoute, z } from '@hono/zod-openapi'
import type { DocumentRow } from '../../db/keyed-documents.ts'
import { LIBRARY_MESSAGES } from '../../db/library-messages.ts'
import { DomainError } from '../../domain/errors.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import type { JsonValue } from '../../domain/json.ts'
import { checkLibraryMessage } from '../../domain/library/check-library-message.ts'
import type { LibraryMessage } from '../../domain/library/library-message.ts'
import { publishMessage } from '../../operations/publish-message.ts'
import { showMessage, type ShownMessage } from '../../operations/show-message.ts'
import { body, findingSchema, json, jsonObject, jsonValue, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, listQuery, textSchema } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import {
  documentVersionSchema,
  publicationQuery,
  toDocument,
  toDocumentVersion,
} from './document-answers.ts'
import { newerVersionAnswer } from './journey-answers.ts'

const TAGS = ['Messages']
const whole = z.number().int()

/** Whatever it is: the checker names everything that keeps it from being a message. */
const documentInput = z.unknown().openapi({ type: 'object', description: 'A message' })
const documentSchema: z.ZodType<LibraryMessage> = z.any().openapi({ type: 'object' })

const versionSchema = documentVersionSchema(documentSchema).openapi('MessageVersion')
const messageSchema = versionSchema.extend({ title: z.string() }).openapi('LibraryMessage')

const previewInput = z.strictObject({
  document: documentInput.optional().openapi({ description: 'A draft; in its place: `key`' }),
  key: idSchema.optional().openapi({ description: 'A published message' }),
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

const keyParams = z.object({ key: idSchema })

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/messages',
    summary: 'List messages',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: listQuery },
    responses: {
      200: json(listOf(messageSchema), 'Each in its latest version, by key'),
      ...problems(400),
    },
  })

const one = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/messages/{key}',
    summary: 'A message in its latest version',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: keyParams },
    responses: { 200: json(messageSchema, 'The message'), ...problems(400, 404) },
  })

const versions = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/messages/{key}/versions',
    summary: 'List the versions of a message, the newest first',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: keyParams, query: listQuery },
    responses: { 200: json(listOf(versionSchema), 'The versions'), ...problems(400, 404) },
  })

const publish = (guard: Guard) =>
  createRoute({
    method: 'put',
    path: '/v1/messages/{key}',
    summary: 'Publish a message; live journeys stay with the version they were published with',
    tags: TAGS,
    ...guard.command('publish'),
    request: {
      params: keyParams,
      query: publicationQuery,
      body: body(documentInput),
    },
    responses: {
      200: json(messageSchema, 'The latest version says the same; at most the title is new'),
      201: json(messageSchema, 'Published'),
      ...problems(400, 404, 413, 415, 422),
      409: newerVersionAnswer,
    },
  })

const check = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/messages/check',
    summary: 'Say everything that is wrong with a message',
    tags: TAGS,
    ...guard.ask('publish'),
    request: { body: body(documentInput) },
    responses: {
      200: json(z.object({ ok: z.boolean(), findings: z.array(findingSchema) }), 'The verdict'),
      ...problems(400, 413, 415),
    },
  })

const preview = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/messages/preview',
    summary: 'Show a message as a test customer, or one who is made up, would get it',
    tags: TAGS,
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
  const getMessage = async (key: string): Promise<DocumentRow<LibraryMessage>> => {
    const found = await LIBRARY_MESSAGES.find(db, key)
    if (found === undefined) throw new DomainError('not_found', `There is no message "${key}".`)
    return found
  }
  return createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [afterKey] = readCursor(cursor, z.tuple([z.string()])) ?? []
      const rows = await LIBRARY_MESSAGES.list(db, { limit: limit + 1, afterKey })
      return c.json(
        toPage(rows, limit, (row) => [row.key], toDocument),
        200,
      )
    })
    .openapi(one(guard), async (c) =>
      c.json(toDocument(await getMessage(c.req.valid('param').key)), 200),
    )
    .openapi(versions(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [before] = readCursor(cursor, z.tuple([z.number().int()])) ?? []
      const { key } = await getMessage(c.req.valid('param').key)
      const rows = await LIBRARY_MESSAGES.listVersions(db, { key, limit: limit + 1, before })
      return c.json(
        toPage(rows, limit, (row) => [row.version], toDocumentVersion),
        200,
      )
    })
    .openapi(publish(guard), async (c) => {
      const { note = null, base } = c.req.valid('query')
      const published = await publishMessage(deps, {
        key: c.req.valid('param').key,
        keyId: c.get('caller').keyId,
        document: c.req.valid('json'),
        note,
        requestedAtMs: c.get('arrivedAtMs'),
        ...(base === undefined ? {} : { base }),
      })
      const answer = toDocument(published)
      return published.status === 'created' ? c.json(answer, 201) : c.json(answer, 200)
    })
    .openapi(check(guard), async (c) => {
      const { message, findings } = checkLibraryMessage(c.req.valid('json'))
      return c.json({ ok: message !== null, findings: [...findings] }, 200)
    })
    .openapi(preview(guard), async (c) => {
      const { document, key, ...asked } = c.req.valid('json')
      if ((key === undefined) === (document === undefined))
        throw new DomainError('unacceptable', 'Name either a published message or send a draft.')
      const message = key === undefined ? draftOf(document) : (await getMessage(key)).document
      return c.json(toPreview(await showMessage(deps, { ...asked, message })), 200)
    })
}

function draftOf(document: unknown): LibraryMessage {
  const { message, findings } = checkLibraryMessage(document)
  if (message !== null) return message
  throw new DomainError('unacceptable', 'This could not be published as it is.', findings)
}

const toPreview = ({ locale, channels }: ShownMessage) => ({
  locale,
  channels: channels.map(({ content, problems: found, ...channel }) => ({
    ...channel,
    content: content as JsonValue,
    problems: [...found],
  })),
})
