import type { ContactRules } from '../../../domain/contact/policy.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../../../domain/customers/lifecycle-rules.ts'
import { publishedAs } from '../../../domain/simulation.ts'
import type { SimulatedRules } from '../../../domain/simulated-actor.ts'
import { ActorPlayer } from '../actor-player.ts'
import { contactRules } from '../contact-rules.ts'
import { journey } from '../journeys.ts'
import { DAY_MS, drawsOf, HOUR_MS, mostWithin, type HardCase } from './hard-case.ts'
import { versionsOf } from './versions.ts'

const START = '2026-12-07T09:00:00Z'
const JOURNEYS = ['one', 'two', 'three'].map((key) =>
  journey(key, {
    entry: { on: [{ event: `Go ${key}` }] },
    queueFor: 'P30D',
    steps: {
      hello: { type: 'message', message: 'hello', sendBy: 'P20D', next: 'done' },
      done: { type: 'exit' },
    },
  }),
)
const under = (contact: ContactRules): SimulatedRules => {
  const rules = publishedAs(versionsOf(JOURNEYS), { lifecycle: DEFAULT_LIFECYCLE_RULES, contact })
  return { ...rules, book: { ...rules.book, hash: contact.hash } }
}
const capped = (max: number) =>
  contactRules({
    hash: `at most ${max}`,
    caps: [{ name: 'cap', max, window: 'P7D', onCap: 'hold' }],
  })

/** One message a week, so that others are held; then the policy is another one. */
export const policyWhileHeld: HardCase = {
  name: 'a policy published while messages are held is the one that they are judged by',
  play: (customer) => {
    const draw = drawsOf('policy while held', customer)
    const nextMax = draw.oneOf([1, 2, 3])
    const player = new ActorPlayer(JOURNEYS, START).publish(under(capped(1))).reachable()
    for (const key of draw.shuffled(['one', 'two', 'three'])) {
      player.event(`Go ${key}`)
      player.until(new Date(player.nowMs + draw.below(HOUR_MS)).toISOString())
    }
    const sent = (): number => player.sent.length
    if (sent() !== 1) return [`${sent()} went out under the first policy`]

    player.until(new Date(player.nowMs + draw.below(5 * DAY_MS)).toISOString())
    player.publish(under(capped(nextMax)))
    // The new book is heard of with the next batch.
    player.event('Product Viewed')
    const wrong: string[] = []
    if (sent() !== nextMax) wrong.push(`${sent()} went out when ${nextMax} a week were allowed`)
    player.until(new Date(player.nowMs + 30 * DAY_MS).toISOString())
    if (sent() !== 3) wrong.push(`${sent()} of 3 in the end`)
    const most = mostWithin(
      player.sent.map(({ nowMs }) => nowMs),
      7 * DAY_MS,
    )
    if (most > nextMax) wrong.push(`${most} in a week`)
    return wrong
  },
}
