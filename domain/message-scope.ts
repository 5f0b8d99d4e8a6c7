import type { CallRequest, DeliveryRequest } from './actor/effects.ts'
import type { JsonObject } from './json.ts'
import type { TemplateEvent, TemplateScope } from './templates.ts'
import { toIso } from './time.ts'

/** What is stored of a customer, as far as messages show it. */
export interface MessageFacts {
  readonly traits: JsonObject
  readonly zone: string
  readonly consents: readonly {
    readonly purpose: string
    readonly channel: string
    readonly granted: boolean
  }[]
  /** All of them, where the run was entered by an event of the log. */
  readonly entryProperties: JsonObject | null
}

/** What the actor knows that messages show. */
export type ScopeRequest = Pick<
  DeliveryRequest | CallRequest,
  'lifecycle' | 'value' | 'counts' | 'nowMs' | 'answers'
> & { readonly entry: Omit<DeliveryRequest['entry'], 'seq'> }

/**
 * What the templates of a message, or of a call, see: what the actor knows, completed by what is
 * stored. Links are a message's own.
 */
export function messageScope(
  { entry, lifecycle, value = 0, counts, nowMs, answers = {} }: ScopeRequest,
  facts: MessageFacts,
  links: Pick<TemplateScope, 'unsubscribeUrl' | 'confirmUrl'> = {},
): TemplateScope {
  const event: TemplateEvent = {
    name: entry.name,
    properties: facts.entryProperties ?? entry.properties,
    occurredAt: toIso(entry.occurredAtMs),
    receivedAt: toIso(entry.receivedAtMs),
  }
  const purposes = new Set(facts.consents.map(({ purpose }) => purpose))
  const consent = Object.fromEntries(
    [...purposes].map((purpose) => [purpose, isGranted(facts, purpose)]),
  )
  return {
    customer: { traits: facts.traits, lifecycle, value, consent },
    event,
    entry: event,
    counts,
    answers,
    ...links,
    nowMs,
    zone: facts.zone,
  }
}

/** Whether a purpose is granted on this channel, or on any. */
export function isGranted(
  { consents }: Pick<MessageFacts, 'consents'>,
  purpose: string,
  channel?: string,
): boolean {
  return consents.some(
    (consent) =>
      consent.granted &&
      consent.purpose === purpose &&
      (channel === undefined || consent.channel === channel),
  )
}
