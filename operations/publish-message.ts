import { LIBRARY_MESSAGES } from '../db/library-messages.ts'
import { checkLibraryMessage } from '../domain/library/check-library-message.ts'
import {
  libraryContent,
  libraryTitle,
  type LibraryMessage,
} from '../domain/library/library-message.ts'
import {
  publishDocument,
  type DocumentKind,
  type PublishDocumentDeps,
  type PublishDocumentInput,
  type PublishedDocument,
} from './publish-document.ts'

const MESSAGE: DocumentKind<LibraryMessage> = {
  name: 'message',
  rows: LIBRARY_MESSAGES,
  check: async (sent) => {
    const { message, findings } = checkLibraryMessage(sent)
    return { document: message, findings }
  },
  content: libraryContent,
  title: libraryTitle,
}

/** Publishes a message of the library, as `publishDocument` does. */
export const publishMessage = (
  deps: PublishDocumentDeps,
  input: PublishDocumentInput,
): Promise<PublishedDocument<LibraryMessage>> => publishDocument(deps, MESSAGE, input)
