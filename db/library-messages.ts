import type { LibraryMessage } from '../domain/library/library-message.ts'
import { keyedDocuments } from './keyed-documents.ts'

export const LIBRARY_MESSAGES = keyedDocuments<LibraryMessage>({
  documents: 'library_messages',
  versions: 'library_message_versions',
})
