import { existsSync, readFileSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { usageFailure } from '../failures.ts'
import { readMappingFile } from '../import/mapping-file.ts'
import type { Mapping } from '../import/mapping.ts'
import { formatOf } from '../import/rows.ts'
import { assignment } from '../options.ts'

/** What says how the rows of a file become events. */
export interface MappingOptions {
  readonly map?: Readonly<Record<string, string>>
  readonly set?: Readonly<Record<string, string>>
  readonly rest?: 'properties' | 'traits'
  readonly zone?: string
  readonly mapping?: string
  readonly format?: 'ndjson' | 'csv'
  readonly delimiter?: string
}

export const addMappingOptions = (command: Command): Command =>
  command
    .option(
      '--map <column=place>',
      'where a column of the file goes, e.g. total=properties.revenue:number; repeatable',
      assignment,
    )
    .option(
      '--set <place=value>',
      'the same for every row of the file, e.g. event="Order Completed"; repeatable',
      assignment,
    )
    .addOption(
      new Option('--rest <place>', 'where all other columns go').choices(['properties', 'traits']),
    )
    .option('--zone <zone>', 'the clock of times that do not say theirs (default: UTC)')
    .option('--mapping <file>', 'map, set, rest and zone from a JSON file; options come on top')
    .addOption(
      new Option('--format <format>', 'where the name of the file does not tell').choices([
        'ndjson',
        'csv',
      ]),
    )
    .option('--delimiter <character>', 'between columns (default: a comma; a tab in .tsv)')

/**
 * How a file is to be read, by its name and the options.
 *
 * @throws {CommandFailure} where neither tells
 */
export function readingOf(
  file: string,
  options: MappingOptions,
): { readonly format: 'ndjson' | 'csv'; readonly delimiter: string; readonly mapping: Mapping } {
  if (!existsSync(file)) throw usageFailure(`There is no ${file}.`)
  const format = options.format ?? formatOf(file)
  if (format === null)
    throw usageFailure(`The name ${file} does not tell what it is; say --format ndjson or csv.`)
  const isTabbed = /\.tsv(\.gz)?$/i.test(file)
  const delimiter = options.delimiter?.replace('\\t', '\t') ?? (isTabbed ? '\t' : ',')
  return { format, delimiter, mapping: mappingFrom(options) }
}

/** The file's mapping, with the options on top. */
function mappingFrom({ mapping, map, set, rest, zone }: MappingOptions): Mapping {
  const kept = mapping === undefined ? {} : readMappingFile(mapping, readText(mapping))
  return {
    map: { ...kept.map, ...map },
    set: { ...kept.set, ...set },
    rest: rest ?? kept.rest ?? null,
    zone: zone ?? kept.zone ?? 'UTC',
  }
}

function readText(file: string): string {
  if (!existsSync(file)) throw usageFailure(`There is no ${file}.`)
  return readFileSync(file, 'utf8')
}
