import { collisionsIn, isInTwoAtOnce } from './collisions.ts'
import { Counter } from './counter.ts'
import { JourneyTally } from './journey-tally.ts'
import { loadOf } from './load.ts'
import type { BacktestPlan } from './plan.ts'
import type { PlayedCustomer, PlayedLife } from './played.ts'
import type { BacktestReport, HappenedFigures, SwitchFigures } from './report.ts'
import { runChangeOf } from './run-change.ts'

const HOUR_LENGTH = '2011-01-03T09'.length
const DAY_LENGTH = '2011-01-03'.length

/**
 * Adds up customers, one after the other, in any order. Holds sums only: what it takes does not
 * depend on how many there were.
 */
export class BacktestTally {
  readonly plan: BacktestPlan
  /** By `key@version`, in the order of the plan. */
  readonly #journeys: ReadonlyMap<string, JourneyTally>
  readonly #sentByChannel = new Counter()
  readonly #sentByJourney = new Counter()
  readonly #sentByDay = new Counter()
  readonly #sentByHour = new Counter()
  readonly #switches = new Counter()
  #customers = { played: 0, entered: 0, messaged: 0 }
  #events = { window: 0, history: 0 }
  #alone = { sent: 0, collisions: 0, inTwoAtOnce: 0 }
  #collisions = 0

  constructor(plan: BacktestPlan) {
    this.plan = plan
    this.#journeys = new Map(
      plan.versions.map((version) => [
        `${version.journey.key}@${version.version}`,
        new JourneyTally(version),
      ]),
    )
  }

  add({ events, together, alone }: PlayedCustomer): void {
    this.#events.window += events.window
    this.#events.history += events.history
    this.#addTogether(together)
    for (const [index, life] of alone.entries()) {
      const version = this.plan.alone[index]?.version
      if (version !== undefined) this.#tallyOf(version.journey.key, version.version)?.addAlone(life)
      this.#alone.sent += life.sends.length
    }
    const competing = alone.filter((_, index) => {
      const version = this.plan.alone[index]?.version
      return version === undefined || version.journey.lane !== 'service'
    })
    this.#alone.collisions += collisionsIn(competing, this.#competes)
    this.#alone.inTwoAtOnce += isInTwoAtOnce(competing, this.plan.window.toMs) ? 1 : 0
    this.#collisions += collisionsIn([together], this.#competes)
  }

  readonly #competes = (journey: string, version: number): boolean =>
    this.#tallyOf(journey, version)?.lane !== 'service'

  #addTogether(life: PlayedLife): void {
    this.#customers.played++
    if (life.entries.some((entry) => runChangeOf(entry)?.change === 'entered'))
      this.#customers.entered++
    if (life.sends.length > 0) this.#customers.messaged++
    for (const entry of life.entries)
      this.#tallyOf(entry.data['journey'], entry.data['version'])?.addEntry(entry)
    for (const { journey, version, step } of life.visits)
      this.#tallyOf(journey, version)?.addVisit(step)
    for (const { journey, version, channel, nowMs } of life.sends) {
      this.#tallyOf(journey, version)?.addSend(channel)
      this.#addSend(journey, channel, nowMs)
    }
    for (const unsent of life.unsent)
      this.#tallyOf(unsent.journey, unsent.version)?.addUnsent(unsent)
    for (const { journey, version } of life.open) this.#tallyOf(journey, version)?.addOpen()
    for (const { decision, request } of life.decisions) {
      for (const fate of decision.fates) this.#tallyOf(fate.journey, fate.version)?.addFate(fate)
      const winner = decision.fates.find(({ candidateId }) => candidateId === decision.winner)
      if (winner === undefined || decision.replaced === null || request.active === null) continue
      // It has not happened yet: the first one finishes its step, and then it is decided once more.
      if (decision.replaced.fate === 'finishing') continue
      const by = winner.score === null ? 'rank' : 'score'
      const taken = [request.active.journey, winner.journey, by, decision.replaced.fate]
      this.#switches.add(JSON.stringify(taken))
    }
  }

  #addSend(journey: string, channel: string, atMs: number): void {
    const at = new Date(atMs).toISOString()
    this.#sentByChannel.add(channel)
    this.#sentByJourney.add(journey)
    this.#sentByDay.add(at.slice(0, DAY_LENGTH))
    this.#sentByHour.add(at.slice(0, HOUR_LENGTH))
  }

  #tallyOf(journey: unknown, version: unknown): JourneyTally | undefined {
    return this.#journeys.get(`${String(journey)}@${String(version)}`)
  }

  /** What was found so far, beside what really happened. */
  report(happened: HappenedFigures | null): BacktestReport {
    const { fromMs, toMs } = this.plan.window
    return {
      window: { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() },
      customers: { ...this.#customers },
      events: { ...this.#events },
      journeys: [...this.#journeys.values()].map(({ figures }) => figures),
      sent: {
        total: this.#sentByChannel.total,
        byChannel: this.#sentByChannel.counts,
        byJourney: this.#sentByJourney.counts,
        byDay: this.#sentByDay.counts,
      },
      switches: this.#switches.entries.map(([taken, count]) => toSwitch(taken, count)),
      withoutArbitration: { ...this.#alone },
      collisions: {
        withArbitration: this.#collisions,
        avoided: this.#alone.collisions - this.#collisions,
      },
      load: loadOf(this.#sentByHour),
      happened,
    }
  }
}

function toSwitch(taken: string, count: number): SwitchFigures {
  const [from, to, by, left] = JSON.parse(taken) as [
    string,
    string,
    SwitchFigures['by'],
    SwitchFigures['left'],
  ]
  return { from, to, by, left, count }
}
