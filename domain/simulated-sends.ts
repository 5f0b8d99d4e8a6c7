import type { DeliveryRequest } from './actor/effects.ts'
import { needsAddress } from './channels/address-trait.ts'
import { channelSpec } from './channels/index.ts'
import { knownZone, localZone } from './contact/customer-zone.ts'
import { judge, sentAs } from './contact/gate.ts'
import type { Message } from './journeys/journey.ts'
import { inLocale, localeOf } from './journeys/message-contents.ts'
import type { ChannelName } from './journeys/values.ts'
import type { JsonObject } from './json.ts'
import { CONSENT_REQUESTED } from './customers/double-opt-in.ts'
import { isGranted, messageScope } from './message-scope.ts'
import { own } from './own.ts'
import type { SimulatedLife, SimulatedSend } from './simulated-life.ts'
import { TemplateError } from './templates.ts'

/** What a customer would have read: a message on its channel, every template filled in. */
export interface SimulatedContent {
  readonly to: string | null
  readonly content: Message[ChannelName] | null
}

/** Leads nowhere, by a name that is kept for that (RFC 2606), and says so. */
export const SIMULATED_LINK = 'https://simulated.invalid/u/no-real-link'

/** Texts of every version that takes part, by its hash. */
export type MessagesOf = (hash: string) => Readonly<Record<string, Message>>

/**
 * Judges and renders messages as the send activity does, without a channel behind it: what is
 * permitted and can be written is sent.
 *
 * @param contactMessages messages of the contact policy, which may take the place of a version's
 */
export function simulatedSends(
  messagesOf: MessagesOf,
  contactMessages: Readonly<Record<string, Message>> = {},
) {
  const contents = new Map<string, SimulatedContent>()
  return {
    /** By delivery id. */
    contents: contents as ReadonlyMap<string, SimulatedContent>,
    send: (request: DeliveryRequest, life: SimulatedLife): SimulatedSend => {
      const { channel, nowMs } = request
      const to = addressOf(request, life.profile.traits)
      contents.set(request.deliveryId, { to, content: null })
      const verdict = judge(
        {
          ...sentAs(request),
          marketingGranted: isGranted({ consents: life.granted }, 'marketing', channel),
          hasAddress: !needsAddress(channel) || to !== null,
          exclusions: life.actor.exclusions,
          zone: knownZone(life.profile.zone),
        },
        life.contact,
        nowMs,
      )
      if (verdict.type === 'hold') return { outcome: { ...verdict, type: 'held' } }
      if (verdict.type !== 'send') return { outcome: { type: 'dropped', reason: verdict.reason } }
      if (to !== null && life.isBlocked(channel, to))
        return { outcome: { type: 'dropped', reason: 'address_blocked' } }
      const { instead } = request
      const message =
        instead === undefined
          ? own(messagesOf(request.hash), request.message)
          : own(contactMessages, instead)
      const written = message && inLocale(message, localeOf(life.profile.traits))[channel]
      if (written === undefined)
        return { outcome: { type: 'refused', reason: `no_${channel}_in_message` } }
      try {
        const facts = {
          traits: life.profile.traits,
          zone: localZone(life.profile.zone, life.contact),
          consents: life.granted,
          entryProperties: life.eventOf(request.entry.seq)?.properties ?? null,
        }
        const scope = messageScope(request, facts, linksOf(request))
        contents.set(request.deliveryId, {
          to,
          content: channelSpec(channel).render(written, scope),
        })
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error
        const { line, column, message: detail } = error
        const reason = `template_error: line ${line}, column ${column}`
        return { outcome: { type: 'refused', reason }, detail }
      }
      return { outcome: { type: 'sent', atMs: nowMs, providerId: null } }
    },
  }
}

/** As the send activity offers them. A simulated request for consent is open as long as its run is. */
const linksOf = ({ entry, class: class_ }: DeliveryRequest) => ({
  unsubscribeUrl: SIMULATED_LINK,
  ...(entry.name === CONSENT_REQUESTED && class_ === 'service'
    ? { confirmUrl: SIMULATED_LINK }
    : {}),
})

const addressOf = ({ channel }: DeliveryRequest, traits: JsonObject): string | null =>
  needsAddress(channel) ? channelSpec(channel).destination(traits, undefined) : null
