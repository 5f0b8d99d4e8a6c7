import type { Channel, ChannelAnswer, Channels, Outgoing } from '../channels/channel.ts'
import type { PolicyInForce } from '../db/policy-in-force.ts'
import type { SendFacts } from '../db/sends.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import { needsAddress } from '../domain/channels/address-trait.ts'
import { channelSpec } from '../domain/channels/index.ts'
import { knownZone } from '../domain/contact/customer-zone.ts'
import { judge, sentAs } from '../domain/contact/gate.ts'
import type { MailTracking } from '../domain/feedback/tracked-html.ts'
import type { Message } from '../domain/journeys/journey.ts'
import { inLocale, localeOf } from '../domain/journeys/message-contents.ts'
import type { ChannelName } from '../domain/journeys/values.ts'
import { isGranted, messageScope } from '../domain/message-scope.ts'
import { own } from '../domain/own.ts'
import { TemplateError } from '../domain/templates.ts'
import { asksToConfirm, type Confirmation } from './confirmation.ts'

/** A message that may go out now. */
export interface ReadySend {
  readonly type: 'ready'
  readonly to: string
  /** The capacity that the message names. */
  readonly needs: string | undefined
  /** Whether it tells when it is opened and its links are followed. */
  readonly isFollowed: boolean
  readonly send: (timeoutMs: number) => Promise<ChannelAnswer>
}

/** `dropped`, `skipped`: forbidden or nowhere to go. `refused`: the message itself is at fault. */
export interface Unsendable {
  readonly type: 'dropped' | 'skipped' | 'refused'
  /** A code, fit for the engine. */
  readonly reason: string
  /** May name the customer; stays in SQL. */
  readonly detail?: string
}

/** Contact rules forbid it now. */
export interface HeldSend {
  readonly type: 'held'
  readonly reason: string
  /** Null: until something changes. */
  readonly untilMs: number | null
}

/** How messages leave, and what their links lead to. */
export interface Ways {
  readonly channels: Channels
  /** Where messages to test customers go that have no address for tests. */
  readonly outbox: Partial<Channels>
  /** Where this customer unsubscribes from what this message is of. */
  readonly unsubscribeUrl: string
  /** Where this customer confirms what the run of this message was entered for. */
  readonly confirmation: Confirmation
  /** What tells that this mail is opened and its links are followed. */
  readonly tracking?: MailTracking | undefined
}

/** The consent that class `marketing` needs, and that its links withdraw. */
export const MARKETING_PURPOSE = 'marketing'

/** The SQL half of the gate, then the texts: what is to be sent, or why nothing is. */
export function prepareSend(
  request: DeliveryRequest,
  stored: SendFacts,
  {
    ways,
    policy,
    atMs,
  }: {
    readonly ways: Ways
    /** The one in force. */
    readonly policy: PolicyInForce | undefined
    /** On the customer's clock. */
    readonly atMs: number
  },
): ReadySend | HeldSend | Unsendable {
  const { instead } = request
  const message = instead === undefined ? stored.message : own(policy?.document.messages, instead)
  const facts = { ...stored, message: message && inLocale(message, localeOf(stored.traits)) }
  const way = wayTo(request, facts, ways)
  const verdict = judge(
    {
      ...sentAs(request),
      marketingGranted: isGranted(facts, MARKETING_PURPOSE, request.channel),
      hasAddress: way.type !== 'none',
      exclusions: facts.exclusions,
      zone: knownZone(facts.zone),
    },
    policy?.rules,
    atMs,
  )
  if (verdict.type === 'hold')
    return { type: 'held', reason: verdict.reason, untilMs: verdict.untilMs }
  if (verdict.type === 'skip') return { type: 'skipped', reason: verdict.reason }
  if (verdict.type === 'drop') return { type: 'dropped', reason: verdict.reason }
  if (way.type === 'none') return { type: 'dropped', reason: 'no_address' }
  try {
    return way.prepare()
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const { line, column, message } = error
    return {
      type: 'refused',
      reason: `template_error: line ${line}, column ${column}`,
      detail: message,
    }
  }
}

/** Nowhere to go, or how to get there. */
type Way =
  | { readonly type: 'none' }
  | { readonly type: 'open'; readonly prepare: () => ReadySend | Unsendable }

function wayTo(request: DeliveryRequest, facts: SendFacts, ways: Ways): Way {
  const destination = destinationOn(request.channel, request, facts, ways)
  if (!destination) return { type: 'none' }
  return { type: 'open', prepare: () => ready(request, facts, ways, destination) }
}

interface Destination<Name extends ChannelName> {
  readonly channel: Channel<Name>
  readonly to: string
}

/**
 * What goes to an address of a test customer goes to the one given for tests, else to the outbox,
 * never to strangers.
 */
function destinationOn<Name extends ChannelName>(
  name: Name,
  { test }: DeliveryRequest,
  facts: SendFacts,
  { channels, outbox }: Ways,
): Destination<Name> | undefined {
  const isTest = test || facts.test
  const channel: Channel<Name> = channels[name]
  if (isTest && name === 'email' && facts.deliverTo !== null)
    return { channel, to: facts.deliverTo }
  const written: Message[Name] | undefined = facts.message?.[name]
  const to = channelSpec(name).destination(facts.traits, written, facts.devices)
  if (to === null) return undefined
  if (!isTest || !needsAddress(name)) return { channel, to }
  const caught: Channel<Name> | undefined = outbox[name]
  return caught && { channel: caught, to }
}

function ready<Name extends ChannelName>(
  request: DeliveryRequest,
  facts: SendFacts,
  { unsubscribeUrl, confirmation, tracking }: Ways,
  { channel, to }: Destination<Name>,
): ReadySend | Unsendable {
  const written: Message[Name] | undefined = facts.message?.[channel.name]
  if (written === undefined) return { type: 'refused', reason: `no_${channel.name}_in_message` }
  if (confirmation.type === 'closed' && asksToConfirm(written))
    return { type: 'dropped', reason: confirmation.reason }
  const confirm = confirmation.type === 'open' ? { confirmUrl: confirmation.url } : {}
  const scope = messageScope(request, facts, { unsubscribeUrl, ...confirm })
  const { render, followed } = channelSpec(channel.name)
  const rendered = render(written, scope)
  // Who is still to say yes is not followed.
  const following = confirmation.type === 'none' ? tracking : undefined
  const withTracking = following && followed?.(rendered, following)
  const message: Outgoing<Name> = {
    idempotencyKey: request.deliveryId,
    to,
    content: withTracking ?? rendered,
    ...(request.class === 'marketing' ? { unsubscribeUrl } : {}),
    test: request.test || facts.test,
  }
  return {
    type: 'ready',
    to,
    needs: facts.message?.needs,
    isFollowed: withTracking !== undefined,
    send: (timeoutMs) => channel.send(message, timeoutMs),
  }
}
