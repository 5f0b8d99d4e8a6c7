import { createRoute, z } from '@hono/zod-openapi'
import type { Audience } from '../../domain/audiences/audience.ts'
import type { LibraryMessage } from '../../domain/library/library-message.ts'
import { body, json, listOf, problems } from '../answers.ts'
import type { Guard } from '../guard.ts'
import { idSchema, listQuery } from '../inputs.ts'
import { documentVersionSchema, publicationQuery, verdictAnswers } from './document-answers.ts'
import { newerVersionAnswer } from './journey-answers.ts'

/** The calls that the kinds of documents under keys have in common. */

/** A document that stands under a key of its own, of whichever kind. */
export type KeyedDocument = LibraryMessage | Audience

/** How a kind is spoken of. */
interface Naming<Path extends string> {
  readonly path: Path
  readonly tag: string
  readonly name: string
  /** As in "Publish an audience". */
  readonly title: string
  readonly plural: string
}

interface Schemas<Shown extends z.ZodType> {
  readonly version: ReturnType<typeof documentSchemas>['version']
  readonly latest: ReturnType<typeof documentSchemas>['latest']
  /** The latest version where it is asked for by its key. */
  readonly shown: Shown
}

const keyParams = z.object({ key: idSchema })
const documentSchema: z.ZodType<KeyedDocument> = z.any().openapi({ type: 'object' })

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** Whatever it is: the checker names everything that keeps it from being such a document. */
const documentInput = (title: string) =>
  z.unknown().openapi({ type: 'object', description: capital(title) })

/** A version of such a document, and the latest one; by these names in the description of the API. */
export function documentSchemas(names: { readonly version: string; readonly latest: string }) {
  const version = documentVersionSchema(documentSchema).openapi(names.version)
  return { version, latest: version.extend({ title: z.string() }).openapi(names.latest) }
}

/** What names the document that something is asked of. */
export const draftOrKey = ({ name }: Pick<Naming<string>, 'name'>) => ({
  document: z
    .unknown()
    .optional()
    .openapi({ type: 'object', description: 'A draft; in its place: `key`' }),
  key: idSchema.optional().openapi({ description: `A published ${name}` }),
})

/** The calls that every kind answers, under its own path. */
export function documentRoutes<const Path extends string, Shown extends z.ZodType>(
  guard: Guard,
  { path, tag, name, title, plural }: Naming<Path>,
  { version, latest, shown }: Schemas<Shown>,
) {
  const tags = [tag]
  return {
    list: createRoute({
      method: 'get',
      path,
      summary: `List ${plural}`,
      tags,
      ...guard.read('read'),
      request: { query: listQuery },
      responses: {
        200: json(listOf(latest), 'Each in its latest version, by key'),
        ...problems(400),
      },
    }),
    one: createRoute({
      method: 'get',
      path: `${path}/{key}`,
      summary: `${capital(title)} in its latest version`,
      tags,
      ...guard.read('read'),
      request: { params: keyParams },
      responses: { 200: json(shown, `The ${name}`), ...problems(400, 404) },
    }),
    versions: createRoute({
      method: 'get',
      path: `${path}/{key}/versions`,
      summary: `List the versions of ${title}, the newest first`,
      tags,
      ...guard.read('read'),
      request: { params: keyParams, query: listQuery },
      responses: { 200: json(listOf(version), 'The versions'), ...problems(400, 404) },
    }),
    publish: createRoute({
      method: 'put',
      path: `${path}/{key}`,
      summary: `Publish ${title}; live journeys stay with the version they were published with`,
      tags,
      ...guard.command('publish'),
      request: { params: keyParams, query: publicationQuery, body: body(documentInput(title)) },
      responses: {
        200: json(latest, 'The latest version says the same; at most the title is new'),
        201: json(latest, 'Published'),
        ...problems(400, 404, 413, 415, 422),
        409: newerVersionAnswer,
      },
    }),
    check: createRoute({
      method: 'post',
      path: `${path}/check`,
      summary: `Say everything that is wrong with ${title}`,
      tags,
      ...guard.ask('publish'),
      request: { body: body(documentInput(title)) },
      responses: verdictAnswers,
    }),
  }
}
