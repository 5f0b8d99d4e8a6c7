import type { CustomerState } from '../actor/customer-state.ts'
import type { Profile } from '../customers/fact-change.ts'
import type { JsonObject } from '../json.ts'
import type { Assumptions, RecordedCustomer } from './recorded.ts'

type Consents = CustomerState['consents']

/** What stands for an address that nobody recorded. Actors learn that there is one, never what it is. */
const SOME_ADDRESS = 'assumed'

/** Consents that everybody is taken to have given of whom nothing is recorded for that purpose and channel. */
export function assumedConsents(
  { rows }: RecordedCustomer,
  { consents = [] }: Assumptions,
): Consents {
  const recorded = new Set(
    rows.map((row) => (row.type === 'consent' ? consentKey(row.purpose, row.channel) : '')),
  )
  return consents
    .filter(({ purpose, channel }) => !recorded.has(consentKey(purpose, channel)))
    .reduce<Consents>((all, each) => withConsent(all, { ...each, granted: true }), {})
}

/** Consents after one more was given or withdrawn. */
export function withConsent(
  consents: Consents,
  { purpose, channel, granted }: { purpose: string; channel: string; granted: boolean },
): Consents {
  return { ...consents, [purpose]: { ...consents[purpose], [channel]: granted } }
}

/** The profile before the first row, reachable on the assumed channels where no address is known. */
export function assumedProfile(
  { profile }: RecordedCustomer,
  { channels = [] }: Assumptions,
): Profile {
  const missing = channels.filter((channel) => !Object.hasOwn(profile.traits, channel))
  if (missing.length === 0) return profile
  const addresses: JsonObject = Object.fromEntries(
    missing.map((channel) => [channel, SOME_ADDRESS]),
  )
  return { ...profile, traits: { ...addresses, ...profile.traits } }
}

const consentKey = (purpose: string, channel: string): string => JSON.stringify([purpose, channel])
