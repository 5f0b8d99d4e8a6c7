import { createHash } from 'node:crypto'
import {
  audienceSync,
  hashedIdentifiers,
  type HashedIdentifier,
} from '../domain/channels/audience-sync.ts'
import type { AdPlatform } from '../domain/journeys/values.ts'
import type { JsonObject } from '../domain/json.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What a platform would be given of a customer who has these traits. */
export function currentIdentifiers(traits: JsonObject, platform: AdPlatform): HashedIdentifier[] {
  const destination = audienceSync.destination(traits, {
    url: '',
    list: '',
    action: 'add',
    platform,
  })
  return destination === null ? [] : hashedIdentifiers(destination, sha256)
}

/** Whether each of some identifiers is among the others. */
export const isAllOf = (
  identifiers: readonly HashedIdentifier[],
  others: readonly HashedIdentifier[],
): boolean =>
  identifiers.every(({ kind, sha256 }) =>
    others.some((other) => other.kind === kind && other.sha256 === sha256),
  )
