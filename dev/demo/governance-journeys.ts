import type { ContactPolicy } from '../../domain/contact/policy.ts'
import type { Journey, Message } from '../../domain/journeys/journey.ts'

const CALLED = 'contact-centre'
/** So many seconds of the contact centre's time stand behind one message that asks to call. */
export const SECONDS_A_MESSAGE = 300
export const COMPLAINT = { opened: 'Complaint Opened', closed: 'Complaint Closed' } as const

/** Held while a complaint is open; and one message that each customer is expected to call about. */
export const POLICY: ContactPolicy = {
  exclusions: [{ preset: 'complaintOpen' }],
  capacities: { [CALLED]: { contactsPerThousand: 1_000, handlingTime: 'PT5M' } },
}

/** Two mails three days apart, for whoever the news is meant for. */
export const NEWS: Journey = {
  key: 'demo-news',
  title: 'News (of the demo)',
  class: 'marketing',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Demo News' }] },
  start: 'first',
  steps: {
    first: { type: 'message', message: 'news', next: 'rest' },
    rest: { type: 'wait', for: 'P3D', next: 'second' },
    second: { type: 'message', message: 'more', next: 'done' },
    done: { type: 'exit', reason: 'completed' },
  },
  messages: { news: mail('News from the shop'), more: mail('More news from the shop') },
}

/** "Call us", worth more to some customers than to others. */
export const CALL_US: readonly Journey[] = [30, 20, 10].map((value) => ({
  key: `demo-call-us-${value}`,
  title: `Call us, worth ${value} (of the demo)`,
  class: 'marketing',
  arbitration: { mode: 'auto', value },
  entry: { on: [{ event: `Demo Call Us ${value}` }] },
  start: 'ask',
  steps: {
    ask: { type: 'message', message: 'call-us', next: 'done' },
    done: { type: 'exit', reason: 'completed' },
  },
  messages: { 'call-us': { needs: CALLED, ...mail('Call us about your order') } },
}))

/** The capacity that those messages draw on. */
export const CAPACITY = CALLED

function mail(subject: string): Message {
  return { email: { subject, html: `<p>${subject}. {{ customer.traits.firstName }}, hello.</p>` } }
}
