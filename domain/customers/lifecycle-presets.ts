import { DEFAULT_LIFECYCLE_RULES, type LifecycleRules } from './lifecycle-rules.ts'

/** Kinds of business that rules are ready for. `docs/lifecycle.md` says where the numbers come from. */
export const LIFECYCLE_PRESETS = ['shop', 'subscription', 'travel'] as const
export type LifecyclePreset = (typeof LIFECYCLE_PRESETS)[number]

const MAILS = ['Email Opened', 'Email Link Clicked']

export const PRESET_RULES: Readonly<Record<LifecyclePreset, LifecycleRules>> = {
  shop: DEFAULT_LIFECYCLE_RULES,
  // Used weekly, charged monthly: silence tells before the next charge does, and one charge missed is a goodbye.
  subscription: {
    purchase: { event: 'Subscription Charged', value: 'revenue' },
    engagement: ['Signed In', 'Feature Used', ...MAILS],
    registration: ['Signed Up', 'Trial Started'],
    newFor: 'P14D',
    waitingAfter: 'P10D',
    atRiskAfter: 'P21D',
    lostAfter: 'P45D',
    repeater: { purchases: 3, within: 'P100D' },
    hero: { purchases: 12, within: 'P400D', value: 300, engagedWithin: 'P14D' },
    holdFor: 'P14D',
  },
  // Bought once or twice a year after weeks of looking: a quarter of silence means nothing yet.
  travel: {
    purchase: { event: 'Trip Booked', value: 'revenue' },
    engagement: ['Trip Searched', 'Trip Viewed', 'Itinerary Viewed', ...MAILS],
    registration: ['Signed Up'],
    newFor: 'P30D',
    waitingAfter: 'P120D',
    atRiskAfter: 'P365D',
    lostAfter: 'P730D',
    repeater: { purchases: 2, within: 'P730D' },
    hero: { purchases: 4, within: 'P1095D', value: 3_000, engagedWithin: 'P240D' },
    holdFor: 'P90D',
  },
}
