import { checkLibraryMessage } from '../domain/library/check-library-message.ts'
import type { LibraryMessage } from '../domain/library/library-message.ts'
import { readDocumentFiles, type DocumentFile } from './document-files.ts'

/** Files of messages, as `readDocumentFiles` reads them. */
export const readMessageFiles = (
  paths: readonly string[],
): Promise<DocumentFile<LibraryMessage>[]> =>
  readDocumentFiles(paths, (definition) => {
    const { message, findings } = checkLibraryMessage(definition)
    return { document: message, findings }
  })
