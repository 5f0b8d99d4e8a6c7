import type { Finding } from '../../domain/errors.ts'
import type { JsonObject } from '../../domain/json.ts'
import { answerOf } from '../call.ts'
import type { Server } from '../server.ts'
import { createMapper, type Mapping, type Places } from './mapping.ts'
import { readRows, type Row } from './rows.ts'

/** As many as the server takes at a time. */
const BATCH_ROWS_MAX = 500
/** The server takes 500 KB. */
const BATCH_BYTES_MAX = 480_000

const CONSENT: Places = {
  what: 'a consent',
  fields: {
    customer: 'text',
    purpose: 'text',
    channel: 'text',
    granted: 'boolean',
    at: 'instant',
    source: 'text',
    proof: 'asIs',
    textVersion: 'text',
    key: 'text',
  },
  groups: ['proof'],
}

export interface ConsentImport {
  readonly file: string
  readonly format: 'ndjson' | 'csv'
  readonly delimiter: string
  readonly mapping: Mapping
  readonly isDryRun: boolean
}

/** What became of a file, and of each row that was refused. */
export interface ImportedConsents {
  readonly rows: number
  readonly inForce: number
  readonly kept: number
  readonly repeated: number
  readonly refused: readonly { readonly row: number; readonly findings: readonly Finding[] }[]
}

/**
 * Sends the rows of a file as consents. It can be ended and begun anew at any time: a row that was
 * imported before changes nothing.
 *
 * @throws {CommandFailure} the file, the mapping or the server
 */
export async function importConsents(
  server: Server,
  { file, format, delimiter, mapping, isDryRun }: ConsentImport,
  signal: AbortSignal,
): Promise<ImportedConsents> {
  const map = createMapper(mapping, CONSENT)
  let told: ImportedConsents = { rows: 0, inForce: 0, kept: 0, repeated: 0, refused: [] }
  let batch: { readonly row: number; readonly text: string }[] = []
  let bytes = 0
  const settle = async (): Promise<void> => {
    if (batch.length === 0) return
    signal.throwIfAborted()
    const sent = batch
    batch = []
    bytes = 0
    const answer = await answerOf(
      server.client.v1.consents.import.$post(
        { query: { dryRun: isDryRun ? 'true' : 'false' }, json: [] },
        {
          headers: { 'content-type': 'application/json' },
          init: { body: `[${sent.map(({ text }) => text).join(',')}]` },
        },
      ),
    )
    told = {
      rows: told.rows,
      inForce: told.inForce + answer.inForce,
      kept: told.kept + answer.kept,
      repeated: told.repeated + answer.repeated,
      refused: [
        ...told.refused,
        ...answer.rows
          .filter(({ result }) => result === 'refused')
          .map(({ index, findings }) => ({ row: sent[index]?.row ?? 0, findings })),
      ],
    }
  }

  for await (const row of readRows(file, { format, delimiter, skip: 0 })) {
    told = { ...told, rows: told.rows + 1 }
    const { event: consent, findings } = consentOf(row, map)
    if (consent === null) {
      told = { ...told, refused: [...told.refused, { row: row.number, findings }] }
      continue
    }
    const text = JSON.stringify(consent)
    const size = Buffer.byteLength(text) + 1
    if (batch.length >= BATCH_ROWS_MAX || bytes + size > BATCH_BYTES_MAX) await settle()
    batch.push({ row: row.number, text })
    bytes += size
  }
  await settle()
  return { ...told, refused: told.refused.toSorted((a, b) => a.row - b.row) }
}

function consentOf(
  row: Row,
  map: ReturnType<typeof createMapper>,
): { readonly event: JsonObject | null; readonly findings: readonly Finding[] } {
  if (row.value !== null) return map(row.value)
  const unreadable = {
    code: 'unreadable_row',
    path: '',
    message: row.why,
    severity: 'error',
  } as const
  return { event: null, findings: [unreadable] }
}
