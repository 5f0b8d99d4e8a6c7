import { findPreferences } from '../db/preferences.ts'
import { setConsent, type ConsentInput, type CustomerCommandDeps } from './set-consent.ts'

export interface PreferencesInput extends Pick<
  ConsentInput,
  'customerId' | 'purpose' | 'source' | 'proof'
> {
  readonly choices: readonly { readonly channel: string; readonly granted: boolean }[]
}

/**
 * Puts what a customer has chosen in force, each choice as `setConsent` does. What is recorded like
 * that already stays as it is, with its proof, so that a repeat changes nothing.
 *
 * @throws {DomainError} `not_found`
 */
export async function savePreferences(
  deps: CustomerCommandDeps,
  { choices, ...input }: PreferencesInput,
): Promise<void> {
  const { consents = [] } = (await findPreferences(deps.db, input.customerId)) ?? {}
  for (const { channel, granted } of choices) {
    const recorded = consents.find(
      (consent) => consent.purpose === input.purpose && consent.channel === channel,
    )
    if (recorded?.granted === granted) continue
    // Nobody's key: whoever holds the link is taken for the customer.
    await setConsent(deps, { ...input, channel, granted, keyId: null })
  }
}
