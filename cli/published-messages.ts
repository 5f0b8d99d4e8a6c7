import type { JourneyMessage } from '../domain/journeys/journey.ts'
import { taken, type LibraryMessage } from '../domain/library/library-message.ts'
import { answerIfAny, answerOf, everyPage, inPath } from './call.ts'
import type { Server } from './server.ts'

/** The latest version of a message on the server; undefined where there is none. */
export async function findPublishedMessage({ client }: Server, key: string) {
  const found = await answerIfAny(client.v1.messages[':key'].$get({ param: { key: inPath(key) } }))
  return found && { ...found, document: found.document as LibraryMessage }
}

/** A journey's message with what the server's library says for it; as it is where there is nothing. */
export async function takenMessage(
  server: Server,
  message: JourneyMessage,
): Promise<JourneyMessage> {
  const { use: key, hash } = message
  if (key === undefined) return message
  const latest = await findPublishedMessage(server, key)
  if (latest === undefined) return message
  if (hash === undefined || hash === latest.hash) return taken(latest)
  const { versions } = server.client.v1.messages[':key']
  const all = await everyPage((query) =>
    answerOf(versions.$get({ param: { key: inPath(key) }, query })),
  )
  const named = all.find((version) => version.hash === hash)
  return named === undefined ? message : taken({ hash, document: named.document as LibraryMessage })
}
