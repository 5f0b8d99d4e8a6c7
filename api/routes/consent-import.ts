import { createRoute, z } from '@hono/zod-openapi'
import { DomainError, type Finding } from '../../domain/errors.ts'
import { child } from '../../domain/json-pointer.ts'
import type { JsonValue } from '../../domain/json.ts'
import { importConsents, type ImportedRow } from '../../operations/import-consents.ts'
import { findingSchema, json, jsonValue, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { createRouter } from '../router.ts'

const ROWS_MAX = 500
const NDJSON = 'application/x-ndjson'

const importing = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/consents/import',
    summary: 'Record consents that another system knows of, with their proofs',
    description: `At most ${ROWS_MAX} rows: \`customer\`, \`purpose\`, \`channel\`, \`granted\`, \`at\`, \`source\`, \`proof\`, \`textVersion\`, \`key\`. A yes needs \`at\`, \`source\` and \`proof\`. Good rows are kept, bad ones refused with all that is wrong with them. The same row again changes nothing.`,
    tags: ['Consent'],
    ...guard.bareCommand('operate'),
    request: {
      query: z.strictObject({
        dryRun: z.enum(['true', 'false']).default('false').openapi({
          description: 'Says what would become of each row; nothing is changed',
        }),
      }),
      body: {
        content: {
          'application/json': { schema: z.array(jsonValue) },
          [NDJSON]: { schema: z.string().openapi({ description: 'A row on each line' }) },
        },
      },
    },
    responses: {
      200: json(
        z.object({
          dryRun: z.boolean(),
          inForce: z.number().int(),
          kept: z.number().int().openapi({
            description: 'In the history only: something later is in force',
          }),
          repeated: z.number().int().openapi({ description: 'Imported before' }),
          refused: z.number().int(),
          rows: z.array(
            z.object({
              index: z.number().int(),
              result: z.enum(['inForce', 'kept', 'repeated', 'refused']),
              findings: z.array(findingSchema),
            }),
          ),
        }),
        'What became of each row',
      ),
      ...problems(400, 409, 413, 415, 422),
    },
  })

export const consentImportRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter().openapi(importing(guard), async (c) => {
    const isDryRun = c.req.valid('query').dryRun === 'true'
    const rows = rowsOf(await c.req.text(), c.req.header('content-type'))
    const keyId = c.get('caller').keyId
    const answers = await importConsents(deps, { rows, isDryRun, keyId })
    const count = (result: ImportedRow['result']) =>
      answers.filter((answer) => answer.result === result).length
    return c.json(
      {
        dryRun: isDryRun,
        inForce: count('inForce'),
        kept: count('kept'),
        repeated: count('repeated'),
        refused: count('refused'),
        rows: answers.map((answer, index) => ({
          index,
          result: answer.result,
          findings: 'findings' in answer ? [...answer.findings] : [],
        })),
      },
      200,
    )
  })

/** @throws {DomainError} `unsupported_media_type`, `malformed`, `too_large` */
function rowsOf(text: string, type = ''): JsonValue[] {
  const isLines = type.startsWith(NDJSON)
  if (!isLines && !type.startsWith('application/json'))
    throw new DomainError(
      'unsupported_media_type',
      `Send the rows as application/json or ${NDJSON}; they came as ${type || 'nothing'}.`,
    )
  const rows = isLines ? linesOf(text) : parsed(text, '')
  if (!Array.isArray(rows))
    throw malformed([{ ...NOT_JSON, code: 'wrong_type', message: 'The body is an array of rows.' }])
  if (rows.length > ROWS_MAX)
    throw new DomainError('too_large', `An import has at most ${ROWS_MAX} rows; send several.`)
  return rows
}

function linesOf(text: string): JsonValue[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line, index) => parsed(line, child('', index)))
}

function parsed(text: string, path: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    throw malformed([{ ...NOT_JSON, path }])
  }
}

const NOT_JSON: Finding = {
  code: 'invalid_json',
  path: '',
  message: 'This is no JSON.',
  severity: 'error',
}

const malformed = (findings: readonly Finding[]): DomainError =>
  new DomainError('malformed', 'The rows cannot be read.', findings)
