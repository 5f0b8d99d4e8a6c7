import { DEFAULT_LIFECYCLE_RULES } from '../../../domain/customers/lifecycle-rules.ts'
import { publishedAs } from '../../../domain/simulation.ts'
import { localTime } from '../../../domain/time.ts'
import { ActorPlayer } from '../actor-player.ts'
import { contactRules } from '../contact-rules.ts'
import { journey } from '../journeys.ts'
import { DAY_MS, drawsOf, HOUR_MS, type HardCase } from './hard-case.ts'
import { versionsOf } from './versions.ts'

/** Zone and the day on which its clocks change, both ways; one that never does. */
const CHANGES = [
  ['Europe/Madrid', '2027-03-28'],
  ['Europe/Madrid', '2026-10-25'],
  ['America/Los_Angeles', '2027-03-14'],
  ['America/Los_Angeles', '2026-11-01'],
  ['Australia/Lord_Howe', '2027-04-04'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Asia/Kathmandu', '2026-10-25'],
] as const
const QUIET = { from: '22:00', until: '07:30' }
const SPREAD_MS = 30 * 60_000
/** The longest night: nine and a half hours, one more when clocks go back, and the spread. */
const LONGEST_MS = 10.5 * HOUR_MS + SPREAD_MS

const JOURNEYS = [
  journey('tip', {
    steps: {
      hello: { type: 'message', message: 'hello', next: 'night' },
      night: { type: 'wait', for: 'PT1M', at: '09:00', next: 'bye' },
      bye: { type: 'message', message: 'bye', next: 'done' },
      done: { type: 'exit' },
    },
  }),
]
const PUBLISHED = publishedAs(versionsOf(JOURNEYS), {
  lifecycle: DEFAULT_LIFECYCLE_RULES,
  contact: contactRules({ quietHours: [{ ...QUIET, spread: 'PT30M' }] }),
})

/** Messages around the night in which the clocks change, at any hour. */
export const clockChange: HardCase = {
  name: 'the night in which the clocks change: never in quiet hours, never held longer than them',
  play: (customer) => {
    const draw = drawsOf('clock change', customer)
    const [zone, day] = draw.oneOf(CHANGES)
    const startMs = Date.parse(`${day}T00:00:00Z`) - DAY_MS + draw.below(3 * DAY_MS)
    const player = new ActorPlayer(JOURNEYS, new Date(startMs).toISOString(), zone)
      .publish(PUBLISHED)
      .reachable()
      .event('Signed Up')
    player.until(new Date(startMs + 4 * DAY_MS).toISOString())
    const wrong: string[] = []
    const [first, second] = player.sent
    if (first === undefined || second === undefined || player.sent.length > 2)
      return [`${player.sent.length} of 2 were sent`]
    for (const { nowMs } of player.sent) {
      const time = localTime(nowMs, zone)
      if (time >= QUIET.from || time < QUIET.until) wrong.push(`sent at ${time} in ${zone}`)
    }
    if (first.nowMs - startMs > LONGEST_MS) wrong.push('held for longer than a night')
    if (localTime(second.nowMs, zone) !== '09:00')
      wrong.push(`nine o'clock was ${localTime(second.nowMs, zone)} in ${zone}`)
    return wrong
  },
}
