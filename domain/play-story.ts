import type { BookVersion } from './journeys/compile-rule-book.ts'
import type { Message } from './journeys/journey.ts'
import type { SimulatedAnswers } from './simulated-calls.ts'
import { SimulatedLife, type LifeEvent } from './simulated-life.ts'
import { simulatedSends, type SimulatedContent } from './simulated-sends.ts'
import type { SimulatedRules } from './simulated-actor.ts'

/** Of one call, which holds up the process while it plays. */
const WAKES_MAX = 10_000

/** Who it happens to, and what. */
export interface Story {
  readonly customerId: string
  readonly known: boolean
  readonly zone: string
  readonly createdAtMs: number
  /** In order. */
  readonly events: readonly LifeEvent[]
  readonly untilMs: number
  /** What webhooks answer. */
  readonly answers: SimulatedAnswers
}

export interface PlayedStory {
  readonly life: SimulatedLife
  /** What the messages said, by delivery id. */
  readonly contents: ReadonlyMap<string, SimulatedContent>
}

/** What is in force while a story plays, with the texts that go out. */
interface Published {
  readonly rules: SimulatedRules
  readonly versions: readonly BookVersion[]
  /** Of the contact policy. Absent: none. */
  readonly contactMessages?: Readonly<Record<string, Message>>
}

/**
 * Plays a story from its beginning to its end.
 *
 * Cost: microseconds per event and wake-up, and the rendering of each message.
 * @throws {DomainError} `unacceptable`: too many wake-ups
 */
export function playStory(
  { events, untilMs, answers, ...customer }: Story,
  { rules, versions, contactMessages }: Published,
): PlayedStory {
  const messages = new Map<string, Readonly<Record<string, Message>>>(
    versions.map(({ hash, journey }) => [hash, journey.messages ?? {}]),
  )
  const { send, contents } = simulatedSends((hash) => messages.get(hash) ?? {}, contactMessages)
  const life = new SimulatedLife({ ...customer, rules, send, answers, wakesMax: WAKES_MAX })
  for (const event of events) if (event.atMs <= untilMs) life.happen(event)
  life.sleepUntil(untilMs)
  return { life, contents }
}
