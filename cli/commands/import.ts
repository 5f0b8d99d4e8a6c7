import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { note, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { importEvents } from '../import/import-events.ts'
import { importFiles } from '../import/import-state.ts'
import { shownPath } from '../journey-files.ts'
import { acting, command, type Commands, type JsonOption } from '../options.ts'
import { createProgress, lengthText } from '../progress.ts'
import { renderPairs } from '../table.ts'
import { addMappingOptions, readingOf, type MappingOptions } from './mapping-options.ts'

interface ImportOptions extends JsonOption, MappingOptions {
  readonly live?: boolean
  readonly restart?: boolean
  readonly keepIn?: string
}

export function addImport(parent: Command, commands: Commands): void {
  const importing = command(parent, 'import', {
    summary: 'import a file of events, as history unless --live; goes on where it stopped',
    examples: [
      'rumbo events import calls.ndjson.gz',
      'rumbo events import orders.csv --set event="Order Completed" --map user_id=userId --map at=timestamp --map total=properties.revenue:number --rest properties',
      'rumbo events import orders.csv --mapping orders.mapping.json --zone Europe/London',
    ],
  }).argument('<file>', '.ndjson, .jsonl, .csv or .tsv, also .gz')
  addMappingOptions(importing)
    .option('--live', 'as if it happened now: events start journeys and send messages')
    .option('--restart', 'begin anew, whatever an earlier import of the file has done')
    .option('--keep-in <folder>', 'where state and quarantine are kept (default: beside the file)')
    .action(
      acting(commands, (context, [file]: [string], options: ImportOptions) =>
        importFile(context, file, options),
      ),
    )
}

async function importFile(context: Context, file: string, options: ImportOptions): Promise<Answer> {
  const reading = readingOf(file, options)
  const files = importFiles(file, options.keepIn)
  const server = context.connect()
  const startedAtMs = performance.now()
  const progress = createProgress(context.stderr)
  try {
    const state = await importEvents(
      server,
      {
        file,
        files,
        ...reading,
        isHistorical: options.live !== true,
        isAnew: options.restart === true,
      },
      {
        signal: context.signal,
        onWait: (reason, ms) =>
          note(context, `Waiting ${lengthText(ms)}, then trying again: ${reason}`),
        onProgress: ({ bytes, bytesTotal, rows, quarantined }) => {
          const perSecond = rows / ((performance.now() - startedAtMs) / 1000)
          const bad = quarantined === 0 ? '' : `, ${quarantined} in quarantine`
          progress.show(
            Math.min(1, bytes / bytesTotal),
            `${rows} rows, ${Math.round(perSecond)}/s${bad}`,
          )
        },
      },
    )
    const { rows, stored, quarantined } = state
    const quarantineFile = quarantined === 0 ? null : files.quarantine
    return {
      json: { file, rows, stored, quarantined, quarantineFile, stateFile: files.state },
      text: () =>
        renderPairs(context.stdout, [
          ['file', shownPath(file)],
          ['rows', rows],
          ['stored', stored],
          [
            'quarantine',
            quarantineFile === null ? 'none' : `${quarantined}, in ${shownPath(quarantineFile)}`,
          ],
          ['time', lengthText(performance.now() - startedAtMs)],
        ]),
      exitCode: quarantined === 0 ? EXIT.ok : EXIT.refused,
    }
  } finally {
    progress.end()
  }
}
