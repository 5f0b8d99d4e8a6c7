import { DEFAULT_ARBITRATION } from '../../../domain/decisioning/arbitration-rules.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../../../domain/customers/lifecycle-rules.ts'
import { publishedAs } from '../../../domain/simulation.ts'
import { ActorPlayer } from '../actor-player.ts'
import { journey, mailsAndWaits } from '../journeys.ts'
import { DAY_MS, drawsOf, HOUR_MS, mostWithin, type HardCase } from './hard-case.ts'
import { versionsOf } from './versions.ts'

const START = '2026-12-07T09:00:00Z'
const DAYS = 14

/** Each is worth ten times as much as the other after an event of its own. */
const JOURNEYS = ['red', 'blue'].map((key) =>
  journey(key, {
    entry: { on: [{ event: `Saw ${key}` }], reentry: { mode: 'afterExit' } },
    steps: mailsAndWaits('P60D'),
  }),
)
const PUBLISHED = publishedAs(versionsOf(JOURNEYS), {
  lifecycle: DEFAULT_LIFECYCLE_RULES,
  arbitration: {
    settings: DEFAULT_ARBITRATION,
    context: ['red', 'blue'].map((key) => ({
      name: `likes ${key}`,
      when: 'customer.traits.likes == ' + JSON.stringify(key),
      multiply: 10,
      journeys: [key],
    })),
  },
})

/** Two journeys that by turns are worth much more than each other, for three weeks. */
export const cycle: HardCase = {
  name: 'A takes over from B takes over from A: bounded by dwell and switches',
  play: (customer) => {
    const draw = drawsOf('cycle', customer)
    const player = new ActorPlayer(JOURNEYS, START).publish(PUBLISHED).reachable()
    const endMs = player.nowMs + DAYS * DAY_MS
    while (player.nowMs < endMs) {
      const key = draw.oneOf(['red', 'blue'])
      player.learn({ traits: { likes: key } }).event(`Saw ${key}`)
      player.until(new Date(player.nowMs + 2 * HOUR_MS + draw.below(6 * HOUR_MS)).toISOString())
    }
    const switchesMs = player.decisions.flatMap(({ outcome }, index) =>
      outcome === 'switch' ? [player.requests[index]?.atMs ?? Number.NaN] : [],
    )
    const wrong: string[] = []
    const { dwellMs, switchesMax, switchWindowMs } = DEFAULT_ARBITRATION
    if (switchesMs.length === 0) wrong.push('nobody ever took over')
    if (mostWithin(switchesMs, dwellMs) > 1) wrong.push('twice within the dwell')
    if (mostWithin(switchesMs, switchWindowMs) > switchesMax)
      wrong.push(`more than ${switchesMax} switches in a week`)
    return wrong
  },
}
