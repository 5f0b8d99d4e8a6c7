import type { Finding } from '../../domain/errors.ts'
import type { JsonObject } from '../../domain/json.ts'
import { interrupted } from '../failures.ts'
import type { Server } from '../server.ts'
import {
  keepState,
  openImport,
  quarantine,
  type ImportFiles,
  type ImportState,
} from './import-state.ts'
import { asCall, createMapper, type Mapping } from './mapping.ts'
import { readRows, type Row } from './rows.ts'
import { sendBatch, type RefusedEvents, type SendOptions } from './send-batch.ts'

/** The server takes 500 KB; some room is left for what stands around the events. */
const BATCH_BYTES_MAX = 480_000
const BATCH_EVENTS_MAX = 500
/** One event alone. What is larger would be refused with the whole batch. */
const EVENT_BYTES_MAX = 32 * 1024

export interface ImportInput {
  readonly file: string
  readonly files: ImportFiles
  readonly format: 'ndjson' | 'csv'
  readonly delimiter: string
  readonly mapping: Mapping
  readonly isHistorical: boolean
  /** Forget what an earlier import of the file has kept. */
  readonly isAnew: boolean
}

export interface ImportProgress {
  /** Of the file as it lies there, packed or not. */
  readonly bytes: number
  readonly bytesTotal: number
  /** Rows that this start has settled; those of earlier ones are left out. */
  readonly rows: number
  readonly stored: number
  readonly quarantined: number
}

/** One row that is on its way. */
interface Pending {
  readonly row: Row
  readonly event: JsonObject | null
  /** The event as it is sent; null where it can't be. */
  readonly text: string | null
  readonly findings: readonly Finding[]
}

/**
 * Sends the rows of a file as events, in order, from where an earlier import of it stopped. After
 * every batch the state is kept, so whenever this ends, the next start goes on.
 *
 * @throws {CommandFailure} the file, the mapping, the kept state or the server; or Ctrl-C
 */
export async function importEvents(
  server: Server,
  input: ImportInput,
  {
    onProgress,
    ...send
  }: SendOptions & { readonly onProgress: (progress: ImportProgress) => void },
): Promise<ImportState> {
  const { file, files, format, delimiter, mapping, isHistorical, isAnew } = input
  const map = createMapper(mapping)
  const settings = { format, delimiter, mapping, isHistorical }
  let state = openImport(file, { files, settings, server: server.url, isAnew })
  if (state.finished) return state
  const before = state
  let bytes = 0
  let batch: Pending[] = []
  let batchBytes = 0

  const settle = async (): Promise<void> => {
    const last = batch.at(-1)
    if (last === undefined) return
    state = await settleBatch(server, batch, { files, state, send, upTo: last.row.number })
    batch = []
    batchBytes = 0
    onProgress({
      bytes,
      bytesTotal: state.fileBytes,
      rows: state.rows - before.rows,
      stored: state.stored,
      quarantined: state.quarantined,
    })
  }

  try {
    const onRead = (read: number): void => void (bytes = read)
    for await (const row of readRows(file, { format, delimiter, skip: state.rows, onRead })) {
      const pending = prepare(row, { map, isHistorical })
      const size = pending.text === null ? 0 : Buffer.byteLength(pending.text) + 1
      if (batch.length >= BATCH_EVENTS_MAX || batchBytes + size > BATCH_BYTES_MAX) await settle()
      batch.push(pending)
      batchBytes += size
      send.signal.throwIfAborted()
    }
    await settle()
  } catch (error) {
    if (send.signal.aborted)
      throw interrupted(
        `Interrupted. ${state.rows} rows are settled; the same command goes on from there.`,
      )
    throw error
  }
  state = { ...state, finished: true }
  keepState(files.state, state)
  return state
}

function prepare(
  row: Row,
  { map, isHistorical }: { map: ReturnType<typeof createMapper>; isHistorical: boolean },
): Pending {
  if (row.value === null) return unreadable(row, row.why)
  const { event: mapped, findings } = map(row.value)
  if (mapped === null) return { row, event: null, text: null, findings }
  const event = asCall(mapped, { isHistorical })
  const text = JSON.stringify(event)
  return Buffer.byteLength(text) <= EVENT_BYTES_MAX
    ? { row, event, text, findings: [] }
    : {
        row,
        event,
        text: null,
        findings: [
          finding('event_too_large', `An event may have at most ${EVENT_BYTES_MAX} bytes.`),
        ],
      }
}

async function settleBatch(
  server: Server,
  batch: readonly Pending[],
  {
    files,
    state,
    send,
    upTo,
  }: {
    readonly files: ImportFiles
    readonly state: ImportState
    readonly send: SendOptions
    readonly upTo: number
  },
): Promise<ImportState> {
  const good = batch.filter(({ text }) => text !== null)
  const refused: RefusedEvents =
    good.length === 0
      ? new Map()
      : await sendBatch(
          server,
          good.flatMap(({ text }) => text ?? []),
          send,
        )
  const reasons = new Map<Pending, readonly Finding[]>()
  for (const pending of batch) if (pending.text === null) reasons.set(pending, pending.findings)
  for (const [index, findings] of refused) {
    const pending = good[index]
    if (pending !== undefined) reasons.set(pending, findings)
  }
  // First the rows, then the word that they are settled: a crash between the two is put right by the next start.
  const added = quarantine(
    files.quarantine,
    batch.flatMap((pending) => {
      const findings = reasons.get(pending)
      return findings === undefined ? [] : [quarantinedRow(pending, findings)]
    }),
  )
  const next: ImportState = {
    ...state,
    rows: upTo,
    stored: state.stored + batch.length - reasons.size,
    quarantined: state.quarantined + reasons.size,
    quarantineBytes: state.quarantineBytes + added,
    finished: false,
  }
  keepState(files.state, next)
  return next
}

const quarantinedRow = ({ row, event }: Pending, findings: readonly Finding[]) => ({
  row: row.number,
  line: row.line,
  input: row.value ?? row.raw,
  event,
  findings,
})

const unreadable = (row: Row, why: string): Pending => ({
  row,
  event: null,
  text: null,
  findings: [finding('unreadable_row', why)],
})

const finding = (code: string, message: string): Finding => ({
  code,
  path: '',
  message,
  severity: 'error',
})
