import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { importConsents } from '../import/import-consents.ts'
import { shownPath } from '../journey-files.ts'
import { acting, command, type Commands, type JsonOption } from '../options.ts'
import { renderFindings } from '../show-findings.ts'
import { renderPairs } from '../table.ts'
import { addMappingOptions, readingOf, type MappingOptions } from './mapping-options.ts'

interface ImportOptions extends JsonOption, MappingOptions {
  readonly dryRun?: boolean
}

/** Refused rows that are shown; `--json` has all of them. */
const SHOWN_MAX = 20

export function addConsentCommands(parent: Command, commands: Commands): void {
  const importing = command(parent, 'import', {
    summary: 'import a file of consents with their proofs; a row imported before changes nothing',
    examples: [
      'rumbo consents import consents.csv --map user_id=customer --map given=granted --map when=at --map form=proof.form --map order=proof.order --set purpose=marketing --set channel=email --set source="old shop" --dry-run',
      'rumbo consents import consents.ndjson',
    ],
  }).argument('<file>', '.ndjson, .jsonl, .csv or .tsv, also .gz')
  addMappingOptions(importing)
    .option('--dry-run', 'say what would become of each row, and change nothing')
    .action(
      acting(commands, (context, [file]: [string], options: ImportOptions) =>
        importFile(context, file, options),
      ),
    )
}

async function importFile(context: Context, file: string, options: ImportOptions): Promise<Answer> {
  const reading = readingOf(file, options)
  const isDryRun = options.dryRun === true
  const told = await importConsents(
    context.connect(),
    { file, ...reading, isDryRun },
    context.signal,
  )
  const { rows, inForce, kept, repeated, refused } = told
  return {
    json: { file, dryRun: isDryRun, ...told },
    text: () =>
      [
        renderPairs(context.stdout, [
          ['file', shownPath(file)],
          ['rows', rows],
          [isDryRun ? 'would be in force' : 'in force', inForce],
          ['in the history only', kept],
          ['imported before', repeated],
          ['refused', refused.length],
        ]),
        ...refused
          .slice(0, SHOWN_MAX)
          .map(({ row, findings }) => `row ${row}\n${renderFindings(context.stdout, findings)}`),
        ...(refused.length > SHOWN_MAX
          ? [`and ${refused.length - SHOWN_MAX} more; --json shows all`]
          : []),
      ].join('\n'),
    exitCode: refused.length === 0 ? EXIT.ok : EXIT.refused,
  }
}
