import type { ContactRules } from '../../../domain/contact/policy.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../../../domain/customers/lifecycle-rules.ts'
import type { Journey } from '../../../domain/journeys/journey.ts'
import { publishedAs } from '../../../domain/simulation.ts'
import { localTime } from '../../../domain/time.ts'
import { ActorPlayer } from '../actor-player.ts'
import { contactRules } from '../contact-rules.ts'
import { journey, mailsAndWaits } from '../journeys.ts'
import { DAY_MS, drawsOf, HOUR_MS, mostWithin, type HardCase } from './hard-case.ts'
import { versionsOf } from './versions.ts'

const CAPS = { day: 1, week: 3 }
const QUIET = { from: '21:00', until: '08:00' }
const ZONES = ['Europe/Madrid', 'America/Los_Angeles', 'Asia/Kathmandu', 'Australia/Lord_Howe']
const START = '2026-12-07T00:00:00Z'
const DAYS = 30

const RULES: ContactRules = contactRules({
  caps: [
    { name: 'a day', max: CAPS.day, window: 'P1D', classes: ['marketing'], onCap: 'hold' },
    { name: 'a week', max: CAPS.week, window: 'P7D', classes: ['marketing'], onCap: 'skip' },
  ],
  quietHours: [{ ...QUIET, classes: ['marketing', 'relationship'], spread: 'PT30M' }],
})

/** Welcome, birthday, holiday and flash sale as a shop would have them; how long each takes varies. */
const journeysOf = (draw: ReturnType<typeof drawsOf>): Journey[] => [
  journey('welcome', {
    arbitration: { mode: 'auto', value: 12 },
    entry: { on: [{ event: 'Signed Up' }] },
    steps: mailsAndWaits(draw.oneOf(['P1D', 'P3D', 'P14D'])),
    onPreempt: draw.oneOf(['pause', 'finishStep']),
  }),
  journey('birthday', {
    arbitration: { mode: 'manual', rank: 800, lock: 'journey' },
    entry: { on: [{ event: 'Birthday' }] },
    steps: mailsAndWaits(draw.oneOf(['PT6H', 'P1D', 'P2D'])),
  }),
  journey('holiday', {
    arbitration: { mode: 'auto', value: draw.oneOf([5, 15, 40]) },
    entry: { on: [{ event: 'Holiday Began' }], reentry: { mode: 'afterExit' } },
    steps: mailsAndWaits(draw.oneOf(['P1D', 'P5D'])),
    queueFor: 'P10D',
  }),
  journey('flash-sale', {
    arbitration: draw.oneOf([
      { mode: 'auto', value: 20 },
      { mode: 'manual', rank: 100 },
      { mode: 'manual', rank: 900 },
      { mode: 'manual', rank: 900, breaksLocks: true },
    ]),
    entry: { on: [{ event: 'Sale Opened' }], reentry: { mode: 'afterExit' } },
    steps: mailsAndWaits('P1D'),
    onPreempt: 'abandon',
  }),
]

/** Four occasions on one day for one customer, in any order and at any hour. */
export const oneDay: HardCase = {
  name: 'welcome, birthday, holiday and flash sale on one day',
  play: (customer) => {
    const draw = drawsOf('one day', customer)
    const zone = draw.oneOf(ZONES)
    const journeys = journeysOf(draw)
    const player = new ActorPlayer(journeys, START, zone)
      .publish(
        publishedAs(versionsOf(journeys), { lifecycle: DEFAULT_LIFECYCLE_RULES, contact: RULES }),
      )
      .reachable()
    const wrong: string[] = []
    const look = (): void => void wrong.push(...brokenNow(player))

    const names = draw.shuffled(['Signed Up', 'Birthday', 'Holiday Began', 'Sale Opened'])
    let atMs = player.nowMs
    for (const name of names) {
      atMs += draw.below(6 * HOUR_MS)
      stepTo(player, atMs, look)
      player.event(name)
      look()
    }
    stepTo(player, player.nowMs + DAYS * DAY_MS, look)

    const sentAtMs = player.sent.map(({ nowMs }) => nowMs)
    if (mostWithin(sentAtMs, DAY_MS) > CAPS.day) wrong.push('more than a day allows')
    if (mostWithin(sentAtMs, 7 * DAY_MS) > CAPS.week) wrong.push('more than a week allows')
    for (const ms of sentAtMs) {
      const time = localTime(ms, zone)
      if (time >= QUIET.from || time < QUIET.until) wrong.push(`sent at ${time} in ${zone}`)
    }
    if (sentAtMs.length === 0) wrong.push('nothing was sent at all')
    return [...wrong, ...brokenDecisions(player)]
  },
}

function stepTo(player: ActorPlayer, untilMs: number, look: () => void): void {
  for (let ms = player.nowMs + HOUR_MS; ms < untilMs; ms += HOUR_MS) {
    player.until(new Date(ms).toISOString())
    look()
  }
  player.until(new Date(untilMs).toISOString())
  look()
}

function brokenNow({ actor }: ActorPlayer): string[] {
  const active = actor.runs.filter(
    ({ status, lane = 'foreground' }) => status === 'active' && lane === 'foreground',
  )
  return active.length > 1 ? [`two at once: ${active.map((run) => run.journey).join(', ')}`] : []
}

/** Nobody took over from a lock that may not, and whoever lost was told why. */
function brokenDecisions({ decisions, requests }: ActorPlayer): string[] {
  return decisions.flatMap((decision) => {
    const silent = decision.fates.filter(({ fate, reason }) => fate !== 'win' && reason === '')
    const request = requests.find(({ decisionId }) => decisionId === decision.decisionId)
    const winner = request?.candidates.find(({ candidateId }) => candidateId === decision.winner)
    const isBreaker =
      winner?.arbitration.mode === 'manual' && winner.arbitration.breaksLocks === true
    const isBroken = decision.replaced !== null && request?.active?.locked === true && !isBreaker
    return [
      ...silent.map(({ journey: key }) => `${key} lost without a reason`),
      ...(isBroken ? [`${winner?.journey} broke the lock of ${request?.active?.journey}`] : []),
    ]
  })
}
