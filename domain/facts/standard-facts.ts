import type { FactRule } from './fact-rules.ts'

/**
 * What is known of customers where nothing was published. `examples/fact-rules.json` says the same, to
 * start one's own from.
 */
export const STANDARD_FACTS: Readonly<Record<string, FactRule>> = {
  nps: {
    title: 'Recommends us (0 to 10)',
    formula: 'customer.traits.nps',
    source: 'Trait nps, as it comes with a survey (Survey Answered)',
  },
  loyalty_tier: {
    title: 'Loyalty tier',
    formula: 'customer.traits.loyalty_tier',
    source: 'Trait loyalty_tier, from the loyalty programme',
  },
  tenure_days: {
    title: 'Days as a customer',
    formula: '(now - timestamp(customer.traits.created_at)).getHours() / 24',
    source: 'Trait created_at: the day of the account or of the first purchase',
  },
  influencer: {
    title: 'Has a public',
    formula: "has('followers') && customer.traits.followers >= 10000",
    source: 'Trait followers, from social networks',
  },
  opener: {
    title: 'Opens mails',
    formula: "count('Email Opened', 'P90D') > 0",
    source: 'Opens of mails that carry a pixel, in 90 days',
  },
  clicker: {
    title: 'Clicks in mails',
    formula: "count('Email Link Clicked', 'P90D') > 0",
    source: 'Clicks on tracked links, in 90 days',
  },
  lead_score: {
    title: 'How near to buying (0 to 100)',
    formula: [
      "(count('Product Viewed', 'P30D') >= 3 ? 20 : 0)",
      "(count('Product Added', 'P14D') >= 1 ? 30 : 0)",
      "(count('Checkout Started', 'P14D') >= 1 ? 20 : 0)",
      "(fact('clicker') ? 20 : 0)",
      "(has('email') ? 10 : 0)",
    ].join(' + '),
    source:
      'Views (20), carts (30) and checkouts (20) in a shop, clicks in mails (20), an address (10)',
  },
  cancellation_risk: {
    title: 'May leave us (0 to 1)',
    formula: [
      "(has('nps') && fact('nps') <= 6 ? 0.3 : 0.0)",
      "(count('Complaint Opened', 'P90D') >= 1 ? 0.3 : 0.0)",
      "(count('Order Completed') >= 1 && count('Order Completed', 'P180D') == 0 ? 0.2 : 0.0)",
      "(customer.lifecycle in ['at_risk', 'lost'] ? 0.2 : 0.0)",
    ].join(' + '),
    source:
      'A bad survey (0.3), complaints in 90 days (0.3), no purchase in 180 days (0.2), lifecycle (0.2)',
  },
  touchpoints_14d: {
    title: 'Touchpoints in two weeks',
    formula: "touchpoints('P14D')",
    source: 'Source and channel of events (context.source, context.channel), by day',
  },
  preferred_channel: {
    title: 'Preferred channel',
    formula: [
      "has('preferred_channel') ? customer.traits.preferred_channel",
      "reachable('email') && fact('clicker') ? 'email'",
      "reachable('push') ? 'push'",
      "reachable('email') ? 'email'",
      "reachable('sms') ? 'sms' : 'none'",
    ].join(' : '),
    source: 'Trait preferred_channel; else what is clicked in and what leads to the customer',
  },
}
