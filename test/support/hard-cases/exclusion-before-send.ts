import { DEFAULT_LIFECYCLE_RULES } from '../../../domain/customers/lifecycle-rules.ts'
import { publishedAs } from '../../../domain/simulation.ts'
import { ActorPlayer } from '../actor-player.ts'
import { contactRules } from '../contact-rules.ts'
import { journey } from '../journeys.ts'
import { DAY_MS, drawsOf, HOUR_MS, type HardCase } from './hard-case.ts'
import { versionsOf } from './versions.ts'

const START = '2026-12-07T09:00:00Z'
const steps = {
  hello: { type: 'message', message: 'hello', sendBy: 'P20D', next: 'done' },
  done: { type: 'exit' },
} as const
const JOURNEYS = [
  journey('offer', { steps }),
  journey('parcel', {
    class: 'service',
    lane: 'service',
    entry: { on: [{ event: 'Order Completed' }], reentry: { mode: 'afterExit' } },
    steps,
  }),
]
const PUBLISHED = publishedAs(versionsOf(JOURNEYS), {
  lifecycle: DEFAULT_LIFECYCLE_RULES,
  contact: contactRules({
    exclusions: [
      {
        name: 'complaint open',
        open: [{ event: 'Complaint Opened' }],
        close: [{ event: 'Complaint Closed' }],
        per: 'complaint_id',
      },
    ],
  }),
})

/** A complaint is opened after the decision to send, and before the message has gone. */
export const exclusionBeforeSend: HardCase = {
  name: 'an exclusion opened between decision and send holds the message, and nothing else',
  play: (customer) => {
    const draw = drawsOf('exclusion before send', customer)
    const cases = Array.from({ length: 1 + draw.below(3) }, (_, index) => `c${index}`)
    const complain = (event: string, id: string) =>
      player.event(event, { properties: { complaint_id: id } })
    const player = new ActorPlayer(JOURNEYS, START).publish(PUBLISHED).reachable()
    player.holdDecisions = draw.below(2) === 0
    player.holdSends = true
    player.event('Signed Up')
    for (const id of cases) complain('Complaint Opened', id)
    player.release()
    const wrong: string[] = []
    const sent = (key: string) => player.sent.filter((send) => send.journey === key).length
    player.until(new Date(player.nowMs + draw.below(5 * DAY_MS)).toISOString())
    player.event('Order Completed')
    if (sent('offer') > 0) wrong.push('sent though a complaint was open')
    if (sent('parcel') !== 1) wrong.push('a service message was held')
    const [last, ...others] = draw.shuffled(cases)
    for (const id of others) complain('Complaint Closed', id)
    if (sent('offer') > 0) wrong.push('sent though another complaint was open')
    player.until(new Date(player.nowMs + draw.below(12 * HOUR_MS)).toISOString())
    complain('Complaint Closed', last ?? '')
    player.until(new Date(player.nowMs + HOUR_MS).toISOString())
    if (sent('offer') !== 1) wrong.push(`sent ${sent('offer')} times when the last was closed`)
    return wrong
  },
}
