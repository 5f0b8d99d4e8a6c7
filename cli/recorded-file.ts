import { statSync } from 'node:fs'
import type { RecordedEvent } from '../domain/backtest/recorded.ts'
import type { BacktestReport } from '../domain/backtest/report.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { instantFromIso } from '../domain/time.ts'
import { touchpointIn } from '../domain/touchpoints/touchpoint.ts'
import { backtestFile, type BacktestFileInput } from './backtest-file.ts'
import { readingOf, type MappingOptions } from './commands/mapping-options.ts'
import type { Context } from './context.ts'
import { createMapper } from './import/mapping.ts'
import { readRows } from './import/rows.ts'
import { createProgress } from './progress.ts'

export interface RecordedFile extends Omit<BacktestFileInput, 'rows' | 'onProgress'> {
  readonly file: string
  readonly mapping: MappingOptions
}

/** How much of the time reading takes; then the customers are played. For the bar alone. */
const READING_SHARE = 0.5

/**
 * Plays journeys over a file of events as `rumbo events import` reads it, showing how far it is.
 * `left`: rows that name no customer, event and instant.
 *
 * @throws {CommandFailure} the file or the mapping; or Ctrl-C
 */
export async function backtestRecordedFile(
  { stderr, signal }: Context,
  { file, mapping: options, ...input }: RecordedFile,
): Promise<{ readonly report: BacktestReport; readonly left: number }> {
  const { format, delimiter, mapping } = readingOf(file, options)
  const map = createMapper(mapping)
  const bytesTotal = statSync(file).size
  let bytes = 0
  let left = 0
  const rows = async function* (): AsyncGenerator<RecordedEvent> {
    const onRead = (read: number): void => void (bytes = read)
    for await (const row of readRows(file, { format, delimiter, skip: 0, onRead })) {
      const event = row.value === null ? null : map(row.value).event
      const recorded = event === null ? null : recordedIn(event)
      if (recorded === null) left += 1
      else yield recorded
    }
  }
  const progress = createProgress(stderr)
  try {
    const report = await backtestFile({
      ...input,
      rows: rows(),
      onProgress: ({ rows, named, customers, events }) => {
        signal.throwIfAborted()
        const played = named === 0 ? 0 : events / named
        progress.show(
          READING_SHARE * (bytes / bytesTotal) + (1 - READING_SHARE) * played,
          `${rows} rows, ${customers} customers`,
        )
      },
    })
    return { report, left }
  } finally {
    progress.end()
  }
}

function recordedIn(call: JsonObject): RecordedEvent | null {
  const { userId, event, timestamp, messageId, properties, context } = call
  if (typeof userId !== 'string' || userId === '' || typeof event !== 'string') return null
  if (typeof timestamp !== 'string' || instantFromIso(timestamp) === null) return null
  return {
    userId,
    event,
    timestamp,
    properties: isObject(properties) ? properties : {},
    ...(typeof messageId === 'string' && { messageId }),
    ...touchpointIn(isObject(context) ? context : null),
  }
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
