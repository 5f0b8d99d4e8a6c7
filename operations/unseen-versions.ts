import { setTimeout as sleep } from 'node:timers/promises'
import { DomainError } from '../domain/errors.ts'

/**
 * Requests that are sent at the same time are all received before the first one is carried out; else
 * those behind it would count as later ones, which have seen what it published. In several short
 * turns: a process that stood still for longer than all of them sees its timers before its sockets.
 */
const GATHER_TURNS = 10
const TURN_MS = 2

/** Lets those requests come in that were sent together with this one. */
export async function gatherRequests(): Promise<void> {
  for (let turn = 0; turn < GATHER_TURNS; turn++) await sleep(TURN_MS)
}

/** What a publication would follow. */
export interface Latest {
  readonly version: number
  readonly publishedAt: Date
}

/**
 * Lets nobody publish over what they have not seen. Asks the clock too, where the caller names no
 * version: requests that truly overlap may get the store's one connection one by one.
 *
 * @throws {DomainError} `newer_version`; `not_found` where the version that was seen is none
 */
export function refuseUnseen(
  published: {
    /** For people: `journey "welcome"`. */
    readonly name: string
    readonly details?: Readonly<Record<string, string>>
  },
  latest: Latest | undefined,
  { seen, seenAtMs }: { readonly seen: number; readonly seenAtMs: number | null },
): void {
  const { name, details = {} } = published
  if (seen > (latest?.version ?? 0))
    throw new DomainError(
      'not_found',
      `There is no version ${seen} of ${name} that this one could follow.`,
    )
  if (latest === undefined) return
  const { version, publishedAt } = latest
  const isLater = seenAtMs !== null && publishedAt.getTime() > seenAtMs
  if (version === seen && !isLater) return
  throw new DomainError(
    'newer_version',
    `Version ${version} of ${name} was published meanwhile. See what it changed, and publish again on top of it.`,
    [],
    { ...details, version, publishedAt: publishedAt.toISOString() },
  )
}
