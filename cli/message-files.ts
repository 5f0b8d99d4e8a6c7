import { checkLibraryMessage } from '../domain/library/check-library-message.ts'
import type { LibraryMessage } from '../domain/library/library-message.ts'
import { readJourneyFiles, type JourneyFile, type PlacedFinding } from './journey-files.ts'
import { placed } from './rule-files.ts'

/** What is to be said about a file of a message. */
export interface MessageFile extends Pick<JourneyFile, 'file' | 'text'> {
  /** Null where the file has an error. */
  readonly message: LibraryMessage | null
  readonly findings: readonly PlacedFinding[]
}

/**
 * Files of messages, checked as the server would when they are published.
 *
 * @throws {CommandFailure} a file is not there
 */
export async function readMessageFiles(paths: readonly string[]): Promise<MessageFile[]> {
  return (await readJourneyFiles(paths)).map((read) => {
    const { file, text, definition } = read
    if (definition === undefined) return { file, text, message: null, findings: read.findings }
    const { message, findings } = checkLibraryMessage(definition)
    const all = [...read.findings, ...placed(read, findings)]
    const isSound = all.every(({ severity }) => severity !== 'error')
    return { file, text, message: isSound ? message : null, findings: all }
  })
}
