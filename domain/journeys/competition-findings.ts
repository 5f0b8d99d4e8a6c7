import { conjunctsOf } from '../conditions/claims.ts'
import { scoreOf } from '../decisioning/score.ts'
import type { Finding } from '../errors.ts'
import type { Arbitration, Journey, Trigger } from './journey.ts'
import { partsOf } from './journey-parts.ts'
import { channelsOf } from './journey-reads.ts'

/**
 * Other journeys that take every customer whom this one could have: they are triggered whenever it
 * is, and arbitration puts them first. Says so only where nothing could turn out otherwise.
 */
export function competitionFindings(journey: Journey, others: readonly Journey[]): Finding[] {
  const { arbitration, entry, queueFor } = journey
  // A manual journey queues unless it says otherwise; one of the service lane competes with nobody.
  if (arbitration.mode === 'manual' || queueFor !== undefined || isBeside(journey)) return []
  // Those of an audience come when nothing else happens.
  if (entry.audience !== undefined) return []
  return others
    .filter(
      (other) =>
        !isBeside(other) &&
        precedes(other.arbitration, arbitration) &&
        isOpenToAll(other) &&
        entry.on.every((trigger) => isTriggeredBy(other, trigger, entry.when)) &&
        isReachableWith(other, journey),
    )
    .map(({ key }) => ({
      code: 'always_beaten',
      path: '/arbitration',
      message: `"${key}" starts whenever this journey could and comes first, so nobody will ever be on this one; give it "queueFor", a higher value, or a trigger of its own.`,
      severity: 'warning',
    }))
}

const isBeside = ({ lane }: Journey): boolean => lane === 'service'

function precedes(other: Arbitration, own: Arbitration): boolean {
  if (other.mode === 'manual') return true
  return (scoreOf(other)?.total ?? 0) > (scoreOf(own)?.total ?? 0)
}

/** Nobody is kept out by when they come, by having been in it, or by what ends it. */
function isOpenToAll({ entry, valid, exit = [] }: Journey): boolean {
  const events = new Set(entry.on.flatMap((trigger) => ('event' in trigger ? [trigger.event] : [])))
  return (
    entry.reentry?.mode === 'afterExit' &&
    valid === undefined &&
    exit.every(({ event }) => event !== undefined && !events.has(event))
  )
}

/** Whether what lets somebody into this journey always lets them into the other, too. */
function isTriggeredBy(other: Journey, trigger: Trigger, entryWhen = ''): boolean {
  const given = new Set(
    [trigger.when ?? '', entryWhen].flatMap(conjunctsOf).map(({ text }) => text),
  )
  // A request names the one journey that it asks for.
  if ('api' in trigger) return false
  return other.entry.on.some((theirs) => {
    const asked = [theirs.when, other.entry.when].filter((when) => when !== undefined)
    return (
      whatOf(theirs) === whatOf(trigger) &&
      asked.every((when) => {
        const needed = conjunctsOf(when)
        return needed.length > 0 && needed.every(({ text }) => given.has(text))
      })
    )
  })
}

function whatOf({ when: _when, ...what }: Trigger): string {
  return JSON.stringify(Object.entries(what).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whether everybody whom this journey may write to, the other may write to as well. */
function isReachableWith(other: Journey, journey: Journey): boolean {
  const theirs = channelsOf(partsOf(other))
  const own = channelsOf(partsOf(journey))
  if (theirs.length === 0) return true
  const needsNoMore = other.class !== 'marketing' || journey.class === 'marketing'
  return needsNoMore && own.length > 0 && own.every((channel) => theirs.includes(channel))
}
