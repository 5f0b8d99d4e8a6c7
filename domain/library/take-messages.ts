import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import type { Journey, JourneyMessage } from '../journeys/journey.ts'
import { checkJourney } from '../journeys/journey-problems.ts'
import { agrees, taken, type LibraryVersion } from './library-message.ts'

/** What the library has of a key: the latest version, and the one that is named by its hash. */
export interface Shelf {
  readonly latest: LibraryVersion
  readonly named?: LibraryVersion | undefined
}

export interface TakenMessages {
  readonly journey: Journey
  /** What keeps the journey from taking them, and what is wrong with it once it has. */
  readonly findings: readonly Finding[]
}

/**
 * A journey with the messages of the library that it uses, by their hashes and with what they say: so it
 * is whole in itself, and its own hash is over all that it sends. One that names a hash stays with it.
 */
export function takeMessages(
  journey: Journey,
  shelfOf: (message: JourneyMessage) => Shelf | undefined,
): TakenMessages {
  const findings: Finding[] = []
  const messages = Object.entries(journey.messages ?? {}).map(
    ([name, message]): [string, JourneyMessage] => {
      const path = child('/messages', name)
      if (message.use === undefined) return [name, message]
      const shelf = shelfOf(message)
      const version = message.hash === undefined ? shelf?.latest : shelf?.named
      if (version === undefined) {
        findings.push(unknownMessage(path, message.use, shelf !== undefined))
        return [name, message]
      }
      if (!agrees(message, version)) findings.push(otherContent(path, message.use))
      return [name, taken(version)]
    },
  )
  if (findings.length > 0) return { journey, findings }
  const whole =
    journey.messages === undefined
      ? journey
      : { ...journey, messages: Object.fromEntries(messages) }
  return { journey: whole, findings: findingsWithin(whole) }
}

/** Whether a journey takes anything from the library. */
export const usesLibrary = ({ messages = {} }: Pick<Journey, 'messages'>): boolean =>
  Object.values(messages).some(({ use }) => use !== undefined)

/** What can only be said once it is known what the messages say; places in them are not in the document. */
function findingsWithin(journey: Journey): Finding[] {
  const { messages = {} } = journey
  return checkJourney(journey).findings.map((finding) => {
    const [, root, name = ''] = finding.path.split('/')
    const isWithin = root === 'messages' && messages[name]?.use !== undefined
    return isWithin ? { ...finding, path: child('/messages', name) } : finding
  })
}

const unknownMessage = (path: string, key: string, isKnown: boolean): Finding => ({
  code: 'unknown_library_message',
  path: `${path}/${isKnown ? 'hash' : 'use'}`,
  message: isKnown
    ? `No version of the message "${key}" has this hash; take it out to get the latest one.`
    : `There is no message "${key}" in the library; publish it first.`,
  severity: 'error',
})

const otherContent = (path: string, key: string): Finding => ({
  code: 'not_as_in_library',
  path,
  message: `This is not what the message "${key}" of the library says. Change it there, or take out "use" and "hash" to write it here.`,
  severity: 'error',
})
