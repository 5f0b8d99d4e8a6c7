import type { TurnRecord } from './actor/effects.ts'
import type { ConsentProof } from './customers/stricter-consent.ts'
import type { ChannelName, StepId } from './journeys/values.ts'
import type { JsonObject } from './json.ts'
import { toIso } from './time.ts'

/**
 * One line of what happened to a customer. `rank` and `key` order what shares an instant: the event
 * first, then what it changed, the decision, what became of the runs, and the sends.
 */
export interface TimelineLine {
  readonly atMs: number
  readonly rank: number
  readonly key: string
  readonly kind: string
  readonly summary: string
  readonly data: JsonObject
}

/** What there is to tell. Each in any order. */
export interface TimelineSources {
  readonly events: readonly LoggedEvent[]
  readonly consents: readonly LoggedConsent[]
  readonly decisions: readonly TakenDecision[]
  readonly records: readonly Pick<TurnRecord, 'turn' | 'entries'>[]
  readonly deliveries: readonly MadeDelivery[]
}

export interface LoggedEvent {
  readonly seq: number
  readonly messageId: string
  readonly type: string
  readonly name: string | null
  readonly properties: JsonObject
  readonly traits: JsonObject | null
  readonly historical: boolean
  readonly handling: string
  readonly occurredAtMs: number
  readonly receivedAtMs: number
}

export interface LoggedConsent {
  readonly number: number
  readonly atMs: number
  readonly purpose: string
  readonly channel: string
  readonly granted: boolean
  readonly source: string
  readonly proof: ConsentProof | null
  readonly textVersion: string | null
}

export interface TakenDecision {
  readonly decisionId: string
  readonly atMs: number
  readonly outcome: string
  readonly summary: string
}

export interface MadeDelivery {
  readonly deliveryId: string
  readonly atMs: number
  readonly journey: string
  readonly version: number
  readonly step: StepId
  readonly message: string
  readonly channel: ChannelName
  readonly status: string
  readonly reason: string | null
}

/** Commands of the log, which have lines of their own or show in what they bring about. */
const UNTOLD: ReadonlySet<string> = new Set([
  'consent',
  'exit',
  'migrate',
  'rules',
  'exclusion',
  'release',
])

/**
 * The timeline of one customer, newest first. The same lines in the same order as the query of
 * `db/customer-timeline.ts` makes of the same facts; a test holds them together.
 */
export function timelineOf(sources: TimelineSources): TimelineLine[] {
  return [
    ...sources.events.filter(({ type }) => !UNTOLD.has(type)).map(eventLine),
    ...sources.consents.map(consentLine),
    ...sources.decisions.map(decisionLine),
    ...sources.records.flatMap(entryLines),
    ...sources.deliveries.map(deliveryLine),
  ].toSorted(newestFirst)
}

function newestFirst(a: TimelineLine, b: TimelineLine): number {
  if (a.atMs !== b.atMs) return b.atMs - a.atMs
  if (a.rank !== b.rank) return b.rank - a.rank
  return a.key === b.key ? 0 : a.key < b.key ? 1 : -1
}

function eventLine(event: LoggedEvent): TimelineLine {
  const { seq, messageId, type, name, properties, traits, historical, handling } = event
  return {
    atMs: event.receivedAtMs,
    rank: 0,
    key: padded(seq),
    kind: 'event',
    summary: name ?? type,
    data: {
      seq,
      messageId,
      type,
      ...(name === null ? {} : { name }),
      properties,
      ...(traits === null ? {} : { traits }),
      historical,
      handling,
      occurredAt: toIso(event.occurredAtMs),
    },
  }
}

function consentLine(consent: LoggedConsent): TimelineLine {
  const { number, atMs, purpose, channel, granted, source, proof, textVersion } = consent
  return {
    atMs,
    rank: 1,
    key: padded(number),
    kind: 'consent',
    summary: `consent ${granted ? 'given' : 'withdrawn'}: ${purpose} by ${channel}`,
    data: { purpose, channel, granted, source, proof, textVersion },
  }
}

function decisionLine({ decisionId, atMs, outcome, summary }: TakenDecision): TimelineLine {
  return {
    atMs,
    rank: 3,
    key: padded(part(decisionId, 2)) + decisionId,
    kind: 'decision',
    summary,
    data: { decisionId, outcome },
  }
}

/** What the actor noted. Consents have lines of their own, with source and proof. */
function entryLines({ turn, entries }: Pick<TurnRecord, 'turn' | 'entries'>): TimelineLine[] {
  return entries.flatMap(({ atMs, kind, summary, data }, ordinal) =>
    kind === 'consent'
      ? []
      : [
          {
            atMs,
            rank: kind === 'lifecycle' ? 2 : 4,
            key: padded(turn) + padded(ordinal),
            kind,
            summary,
            data,
          },
        ],
  )
}

function deliveryLine(delivery: MadeDelivery): TimelineLine {
  const { atMs, deliveryId, journey, version, step, message, channel, status, reason } = delivery
  return {
    atMs,
    rank: 5,
    key: padded(part(deliveryId, 3)) + padded(part(deliveryId, 2)) + deliveryId,
    kind: 'delivery',
    summary: `${journey}@${version} · ${message} by ${channel}: ${status}`,
    data: { deliveryId, journey, version, step, message, channel, status, reason },
  }
}

const PADDED_LENGTH = 19

/** Numbers as text in their own order. */
const padded = (number: number | string): string =>
  String(number).slice(0, PADDED_LENGTH).padStart(PADDED_LENGTH, '0')

/** Ids are counted: run, visit and channel of a delivery, the number of a decision; from the end. */
const part = (id: string, fromEnd: number): string => id.split('.').at(-fromEnd) ?? ''
