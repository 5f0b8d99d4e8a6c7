import { createRoute, z } from '@hono/zod-openapi'
import type { Kysely } from 'kysely'
import { readKnownNames } from '../../db/known-names.ts'
import {
  findRulesInForce,
  findRuleVersion,
  listRuleVersions,
  type RuleVersion,
} from '../../db/rule-documents.ts'
import type { Database } from '../../db/schema.ts'
import { diffRules } from '../../domain/diff-rules.ts'
import { DomainError } from '../../domain/errors.ts'
import {
  checkRules,
  ruleTitle,
  type RuleDocument,
  type RuleDocumentKind,
} from '../../domain/rule-documents.ts'
import { contentHash } from '../../operations/content-hash.ts'
import { publishRules, type PublishRulesDeps } from '../../operations/publish-rules.ts'
import { body, instant, json, listOf, problems } from '../answers.ts'
import type { Guard } from '../guard.ts'
import { listQuery, textSchema } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { VERSION_MAX, verdictAnswers } from './document-answers.ts'
import { changesSchema, newerVersionAnswer } from './journey-answers.ts'

/** What the kinds of rules beside the journeys have in common over HTTP. */

const versionNumber = z.coerce.number().int().min(1).max(VERSION_MAX)

/** Whatever it is: the checker names everything that is wrong with it. */
const documentInput = z.unknown().openapi({ type: 'object', description: 'The document' })

const documentSchema: z.ZodType<RuleDocument> = z.any().openapi({ type: 'object' })

const versionSchema = z
  .object({
    version: z.number().int().openapi({ description: '0: none was ever published' }),
    hash: z.string(),
    note: z.string().nullable(),
    publishedAt: instant.nullable(),
    publishedBy: z.string().nullable(),
  })
  .openapi('RuleVersion')
const versionWithDocumentSchema = versionSchema
  .extend({ document: documentSchema })
  .openapi('RuleVersionWithDocument')

interface Naming<Path extends string> {
  readonly path: Path
  readonly tag: string
  /** As in "Publish the contact policy". */
  readonly title: string
}

/** The calls that every kind of rules answers, under its own path. */
export function ruleRoutes<const Path extends string>(
  guard: Guard,
  { path, tag, title }: Naming<Path>,
) {
  const tags = [tag]
  return {
    current: createRoute({
      method: 'get',
      path,
      summary: `Show ${title} in force`,
      tags,
      ...guard.read('read'),
      responses: {
        200: json(versionWithDocumentSchema, 'The version in force, with its document'),
        ...problems(),
      },
    }),
    publish: createRoute({
      method: 'put',
      path,
      summary: `Publish ${title}: in force with the next event of every customer`,
      tags,
      ...guard.command('publish'),
      request: {
        query: z.strictObject({
          note: textSchema(1_000).optional(),
          base: z.coerce.number().int().min(0).max(VERSION_MAX).optional().openapi({
            description:
              'The version that you have seen in force, 0 for none: when another one has followed it, nothing is published. Default: whatever was in force before this request came in',
          }),
        }),
        body: body(documentInput),
      },
      responses: {
        200: json(versionSchema, 'The version in force says the same already'),
        201: json(versionSchema, 'Published'),
        ...problems(400, 404, 413, 415, 422),
        409: newerVersionAnswer,
      },
    }),
    check: createRoute({
      method: 'post',
      path: `${path}/check`,
      summary: `Say everything that is wrong with a draft of ${title}`,
      tags,
      ...guard.ask('publish'),
      request: { body: body(documentInput) },
      responses: verdictAnswers,
    }),
    versions: createRoute({
      method: 'get',
      path: `${path}/versions`,
      summary: `List the versions of ${title}, the newest first`,
      tags,
      ...guard.read('read'),
      request: { query: listQuery },
      responses: { 200: json(listOf(versionSchema), 'The versions'), ...problems(400) },
    }),
    version: createRoute({
      method: 'get',
      path: `${path}/versions/{version}`,
      summary: `Show a version of ${title} with its document`,
      tags,
      ...guard.read('read'),
      request: { params: z.object({ version: versionNumber }) },
      responses: { 200: json(versionWithDocumentSchema, 'The version'), ...problems(400, 404) },
    }),
    diff: createRoute({
      method: 'get',
      path: `${path}/diff`,
      summary: `Show what changed between two versions of ${title}`,
      tags,
      ...guard.read('read'),
      request: { query: z.strictObject({ from: versionNumber, to: versionNumber }) },
      responses: {
        200: json(
          z
            .object({ from: z.number().int(), to: z.number().int(), changes: changesSchema })
            .openapi('RuleDiff'),
          'The changes',
        ),
        ...problems(400, 404),
      },
    }),
  }
}

const EMPTY_HASH = contentHash({})

/** What those calls read. */
export const ruleReader = (db: Kysely<Database>, kind: RuleDocumentKind) => {
  const get = async (version: number) => {
    const found = await findRuleVersion(db, { kind, version })
    if (found === undefined)
      throw new DomainError('not_found', `There is no version ${version} of ${ruleTitle(kind)}.`)
    return found
  }
  return {
    current: async () => {
      const found = await findRulesInForce(db, kind)
      if (found !== undefined) return { ...toVersion(found), document: found.document }
      const none = {
        version: 0,
        hash: EMPTY_HASH,
        note: null,
        publishedAt: null,
        publishedBy: null,
      }
      return { ...none, document: {} }
    },
    check: async (document: unknown) => {
      const { checked, findings } = checkRules(kind, document, await readKnownNames(db))
      return { ok: checked !== null, findings: [...findings] }
    },
    versions: async ({ limit, cursor }: z.output<typeof listQuery>) => {
      const [before] = readCursor(cursor, z.tuple([z.number().int()])) ?? []
      const rows = await listRuleVersions(db, kind, { limit: limit + 1, before })
      return toPage(rows, limit, (row) => [row.version], toVersion)
    },
    version: async (version: number) => {
      const found = await get(version)
      return { ...toVersion(found), document: found.document }
    },
    diff: async ({ from, to }: { readonly from: number; readonly to: number }) => {
      const [before, after] = [await get(from), await get(to)]
      return { from, to, changes: diffRules(before.document, after.document) }
    },
  }
}

/** Publishes what a call brought; the answer, and whether it is a new version. */
export const rulePublisher =
  (deps: PublishRulesDeps, kind: RuleDocumentKind) =>
  async ({ document, query, caller, requestedAtMs }: PublishCall) => {
    const { note = null, base } = query
    const published = await publishRules(deps, {
      kind,
      document,
      note,
      keyId: caller.keyId,
      requestedAtMs,
      ...(base === undefined ? {} : { base }),
    })
    return { isNew: published.status === 'created', answer: toVersion(published) }
  }

interface PublishCall {
  readonly document: unknown
  readonly query: { readonly note?: string | undefined; readonly base?: number | undefined }
  readonly caller: { readonly keyId: string | null }
  readonly requestedAtMs: number
}

/** A version as callers see it. */
const toVersion = ({ version, hash, note, publishedAt, publishedBy }: RuleVersion) => ({
  version,
  hash,
  note,
  publishedAt: publishedAt.toISOString(),
  publishedBy,
})
