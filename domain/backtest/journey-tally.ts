import type { TimelineEntry } from '../actor/effects.ts'
import type { Fate } from '../decisioning/arbitration.ts'
import type { Lane } from '../journeys/journey.ts'
import { Counter } from './counter.ts'
import type { PlannedVersion } from './plan.ts'
import type { PlayedLife } from './played.ts'
import type { JourneyFigures } from './report.ts'
import { runChangeOf } from './run-change.ts'

const COMPLETED: ReadonlySet<string> = new Set(['completed', 'goal'])

/** Adds up what became of one version. */
export class JourneyTally {
  readonly #version: PlannedVersion
  readonly #changes = new Counter()
  readonly #ended = new Counter()
  readonly #turnedAway = new Counter()
  readonly #steps = new Counter()
  readonly #sent = new Counter()
  readonly #keptBack = new Counter()
  readonly #aloneEnded = new Counter()
  #goals = 0
  #valueMinor = 0
  #queued = 0
  #open = 0
  #unsent = 0
  #aloneEntered = 0
  #aloneSent = 0

  constructor(version: PlannedVersion) {
    this.#version = version
  }

  get lane(): Lane {
    return this.#version.journey.lane ?? 'foreground'
  }

  addEntry(entry: TimelineEntry): void {
    const { kind, data } = entry
    if (kind === 'goal') {
      this.#goals++
      this.#valueMinor += Number(data['valueMinor'] ?? 0)
    }
    // Only the line that puts a journey into the queue says until when it is kept there.
    if (kind === 'deferred' && data['until'] !== undefined) this.#queued++
    const run = runChangeOf(entry)
    if (run !== null) this.#changes.add(run.change)
    if (run?.change === 'ended') this.#ended.add(run.reason)
  }

  /** Only of those that were triggered just now: a paused run, or one in the queue, is judged again and again. */
  addFate({ source, fate, gate }: Fate): void {
    if (source === 'trigger' && fate !== 'win' && gate !== null) this.#turnedAway.add(gate)
  }

  addVisit(step: string): void {
    this.#steps.add(step)
  }

  addSend(channel: string): void {
    this.#sent.add(channel)
  }

  addUnsent({ status, reason }: PlayedLife['unsent'][number]): void {
    if (status !== 'held') this.#unsent++
    this.#keptBack.add(reason)
  }

  addOpen(): void {
    this.#open++
  }

  /** What became of the same customer without any other journey. */
  addAlone({ entries, sends }: PlayedLife): void {
    this.#aloneSent += sends.length
    for (const entry of entries) {
      const run = runChangeOf(entry)
      if (run?.change === 'entered') this.#aloneEntered++
      if (run?.change === 'ended') this.#aloneEnded.add(run.reason)
    }
  }

  get figures(): JourneyFigures {
    const changes = this.#changes.counts
    return {
      journey: this.#version.journey.key,
      version: this.#version.version,
      draft: this.#version.draft,
      lane: this.lane,
      entered: changes['entered'] ?? 0,
      completed: completedIn(this.#ended),
      ended: this.#ended.counts,
      open: this.#open,
      goal: { reached: this.#goals, valueMinor: this.#valueMinor },
      paused: changes['paused'] ?? 0,
      resumed: changes['resumed'] ?? 0,
      queued: this.#queued,
      turnedAway: this.#turnedAway.counts,
      steps: this.#steps.counts,
      sent: this.#sent.counts,
      unsent: this.#unsent,
      keptBack: this.#keptBack.counts,
      alone: {
        entered: this.#aloneEntered,
        completed: completedIn(this.#aloneEnded),
        ended: this.#aloneEnded.counts,
        sent: this.#aloneSent,
      },
    }
  }
}

const completedIn = (ended: Counter): number =>
  ended.entries.reduce((sum, [reason, count]) => sum + (COMPLETED.has(reason) ? count : 0), 0)
