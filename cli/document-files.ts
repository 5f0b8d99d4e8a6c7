import type { Finding } from '../domain/errors.ts'
import { placed, readJourneyFiles, type JourneyFile, type PlacedFinding } from './journey-files.ts'

/** What is to be said about a file of a document that stands under a key. */
export interface DocumentFile<Document> extends Pick<
  JourneyFile,
  'file' | 'text' | 'definition' | 'placeOf'
> {
  /** Null where the file has an error. */
  readonly document: Document | null
  readonly findings: readonly PlacedFinding[]
}

/**
 * Files of documents of one kind, checked as the server would when they are published.
 *
 * @throws {CommandFailure} a file is not there
 */
export async function readDocumentFiles<Document>(
  paths: readonly string[],
  check: (definition: unknown) => {
    readonly document: Document | null
    readonly findings: readonly Finding[]
  },
): Promise<DocumentFile<Document>[]> {
  return (await readJourneyFiles(paths)).map((read) => {
    const { file, text, definition, placeOf } = read
    const common = { file, text, definition, placeOf }
    if (definition === undefined) return { ...common, document: null, findings: read.findings }
    const { document, findings } = check(definition)
    const all = [...read.findings, ...placed(read, findings)]
    const isSound = all.every(({ severity }) => severity !== 'error')
    return { ...common, document: isSound ? document : null, findings: all }
  })
}

export const areSound = (files: readonly DocumentFile<unknown>[]): boolean =>
  files.every(({ document }) => document !== null)

/** The documents of files that are sound. */
export const documentsOf = <Document>(files: readonly DocumentFile<Document>[]): Document[] =>
  files.flatMap(({ document }) => document ?? [])
