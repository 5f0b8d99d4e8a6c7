import type { Finding } from '../errors.ts'
import { bounded } from '../journeys/bounded-findings.ts'
import { limitFindings } from '../journeys/definition-limits.ts'
import { messageSchema } from '../journeys/journey.schema.ts'
import { messageFindings } from '../journeys/message-findings.ts'
import { membersOf, readMap } from '../journeys/readable.ts'
import { schemaFindings, withoutFields } from '../journeys/schema-findings.ts'
import type { LibraryMessage } from './library-message.ts'
import { libraryMessageSchema } from './library-message.schema.ts'

export interface CheckedLibraryMessage {
  /** Null when there is an error among the findings: such a message cannot be published. */
  readonly message: LibraryMessage | null
  /** Everything that is wrong, not just the first thing; warnings too. */
  readonly findings: readonly Finding[]
}

/** Checks a message of the library from outside, as `checkJourney` does a journey. Never throws. */
export function checkLibraryMessage(document: unknown): CheckedLibraryMessage {
  const limits = limitFindings(document)
  if (limits.length > 0) return { message: null, findings: limits }
  const { data, error } = libraryMessageSchema.safeParse(document)
  const shape = schemaFindings(libraryMessageSchema, error?.issues ?? [], document)
  const findings = [
    ...shape.findings,
    ...contentFindings(withoutFields(document, shape.unknownFields)),
  ]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return { message: isSound ? (data ?? null) : null, findings: bounded(findings) }
}

/** Where it stands among the messages of a journey that has no other. */
const PLACE = '/messages/it'

/** What a journey that had written it would hear, with the places of this document. */
function contentFindings(document: unknown): Finding[] {
  const { $schema: _schema, key: _key, title: _title, ...it } = membersOf(document)
  return messageFindings({ messages: readMap(messageSchema, { it }), steps: new Map() }).map(
    ({ path, ...finding }) => ({ ...finding, path: path.slice(PLACE.length) }),
  )
}
