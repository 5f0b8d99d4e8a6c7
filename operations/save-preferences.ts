import { listPendingChannels } from '../db/consent-requests.ts'
import { findPreferences } from '../db/preferences.ts'
import { markReaction } from '../db/reactions.ts'
import { setConsent, type ConsentInput, type CustomerCommandDeps } from './set-consent.ts'

export interface PreferencesInput extends Pick<ConsentInput, 'customerId' | 'purpose' | 'source'> {
  /** The message whose link led here: proof, and what a consent that is taken back is noted on. */
  readonly deliveryId: string
  readonly choices: readonly { readonly channel: string; readonly granted: boolean }[]
}

/**
 * Puts what a customer has chosen in force, each choice as `setConsent` does. What is recorded like
 * that already stays as it is, with its proof, so that a repeat changes nothing; but a no also ends
 * a request that waits to be confirmed.
 *
 * @throws {DomainError} `not_found`
 */
export async function savePreferences(
  deps: CustomerCommandDeps,
  { choices, deliveryId, ...input }: PreferencesInput,
): Promise<void> {
  const { consents = [] } = (await findPreferences(deps.db, input.customerId)) ?? {}
  const pending = await listPendingChannels(deps.db, input)
  for (const { channel, granted } of choices) {
    const recorded = consents.find(
      (consent) => consent.purpose === input.purpose && consent.channel === channel,
    )
    const endsRequest = !granted && pending.includes(channel)
    if (recorded?.granted === granted && !endsRequest) continue
    // First: after a death in between the consent still stands, and the next try does both.
    if (recorded?.granted === true)
      await markReaction(deps.db, deliveryId, { kind: 'unsubscribed', at: new Date(deps.now()) })
    // Nobody's key: whoever holds the link is taken for the customer.
    await setConsent(deps, { ...input, proof: deliveryId, channel, granted, keyId: null })
  }
}
