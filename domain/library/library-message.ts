import type { JourneyMessage, Message } from '../journeys/journey.ts'
import type { JsonValue } from '../json.ts'
import { isSameJson } from '../same-json.ts'

/**
 * A message under a key of its own, for any number of journeys. Published and versioned by itself;
 * `library-message.schema.ts` parses the same shape from outside.
 */
export interface LibraryMessage extends Message {
  /** Where an editor finds the JSON Schema. Shapes nothing. */
  readonly $schema?: string
  readonly key: string
  readonly title?: string
}

/** A version of one, as journeys take it. */
export interface LibraryVersion {
  readonly hash: string
  readonly document: LibraryMessage
}

/** All that is said, and to whom. */
export function messageOf(document: LibraryMessage): Message {
  const { $schema: _schema, key: _key, title: _title, ...message } = document
  return message
}

/** All of it that readers notice. Its hash is the version's. */
export const libraryContent = (document: LibraryMessage): object => ({
  key: document.key,
  ...messageOf(document),
})

/** What people call it: its key where it has no title. */
export const libraryTitle = ({ key, title }: LibraryMessage): string => title ?? key

/** A journey's message that takes what this version says. */
export const taken = ({ hash, document }: LibraryVersion): JourneyMessage => ({
  use: document.key,
  hash,
  ...messageOf(document),
})

/** Whether a journey's message says what this version says, or leaves it to the version. */
export function agrees(message: JourneyMessage, version: LibraryVersion): boolean {
  const { use: _use, hash: _hash, ...written } = message
  return (
    Object.keys(written).length === 0 ||
    isSameJson(asJson(written), asJson(messageOf(version.document)))
  )
}

/** A message is JSON; its type says more than `isSameJson` wants to know. */
const asJson = (message: Message): JsonValue => message as unknown as JsonValue
