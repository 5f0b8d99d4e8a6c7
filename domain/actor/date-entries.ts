import { dateInstant, isMonthDay, type Occurrence } from '../customers/date-facts.ts'
import { DefinitionError } from '../errors.ts'
import type { DateTrigger, EntryRule } from '../journeys/journey.ts'
import type { ArmedDate, EntryEvent } from './customer-state.ts'
import { isTriggered, qualify } from './triggers.ts'
import { patch, scopeOf, type Turn, zoneOf } from './turn.ts'
import { own } from '../own.ts'

/**
 * Journeys that are entered on a date. Each date trigger of the book is armed with the instant at
 * which it is due next.
 *
 * I1  What had passed when it became known never fires.
 * I2  One occurrence fires once, whatever becomes of the customer's zone.
 */

interface PlacedTrigger {
  /** In `state.dates`. */
  readonly key: string
  readonly rule: EntryRule
  readonly trigger: DateTrigger
}

/** Arms every date trigger, from the dates, the zone and the book as they are now. */
export function armDateEntries(turn: Turn, atMs: number): void {
  const armed: Record<string, ArmedDate> = {}
  for (const { key, trigger } of placedTriggers(turn))
    armed[key] = arm(turn, trigger, own(turn.state.dates, key), atMs)
  patch(turn, { dates: armed })
}

/** What is due next: when, and what to do then. All that is due in one instant is decided about together. */
export function nextDateEntries(turn: Turn): { atMs: number; fire: () => void } | null {
  const armed = placedTriggers(turn).flatMap((placed) => {
    const atMs = own(turn.state.dates, placed.key)?.dueAtMs ?? null
    return atMs === null ? [] : [{ placed, atMs }]
  })
  if (armed.length === 0) return null
  const first = Math.min(...armed.map(({ atMs }) => atMs))
  const fireAll = (): void => {
    for (const { placed, atMs } of armed) if (atMs === first) fire(turn, placed, atMs)
  }
  return { atMs: first, fire: fireAll }
}

function placedTriggers({ rules }: Turn): PlacedTrigger[] {
  return (rules.book?.dateEntries ?? []).flatMap((rule) =>
    rule.entry.on.flatMap((trigger, place) =>
      'date' in trigger ? [{ key: `${rule.journey}/${place}`, rule, trigger }] : [],
    ),
  )
}

function arm(
  turn: Turn,
  trigger: DateTrigger,
  before: ArmedDate | undefined,
  atMs: number,
): ArmedDate {
  const fired = before?.fired ?? null
  const next = (afterMs: number) => occurrence(turn, trigger, afterMs)
  if (before !== undefined && before.dueAtMs !== null && before.dueAtMs <= atMs) {
    // It is due, and only waits for something else to be done first.
    const due = next(before.dueAtMs - 1)
    if (due?.id === before.occurrence && due.atMs === before.dueAtMs) return before
  }
  const first = next(atMs)
  const found = first !== null && first.id === fired ? next(first.atMs) : first
  return { dueAtMs: found?.atMs ?? null, occurrence: found?.id ?? null, fired }
}

/** Null where nothing is due; also for a rule that the checker would have refused. */
function occurrence(turn: Turn, trigger: DateTrigger, afterMs: number): Occurrence | null {
  const fact = own(turn.state.facts.dates, trigger.date)
  if (fact === undefined) return null
  try {
    const found = dateInstant(fact, trigger, zoneOf(turn), afterMs)
    return found === null ? null : { ...found, id: `${trigger.date} ${found.id}` }
  } catch (error) {
    if (error instanceof DefinitionError) return null
    throw error
  }
}

function fire(turn: Turn, { key, rule, trigger }: PlacedTrigger, atMs: number): void {
  const { dates, facts } = turn.state
  const due = occurrence(turn, trigger, atMs - 1)
  const fact = own(facts.dates, trigger.date)
  const done: ArmedDate = { dueAtMs: null, occurrence: null, fired: due?.id ?? null }
  patch(turn, { dates: { ...dates, [key]: arm(turn, trigger, done, atMs) } })
  if (due === null || fact === undefined) return
  const entry: EntryEvent = {
    seq: null,
    name: 'Date Reached',
    occurredAtMs: atMs,
    receivedAtMs: atMs,
    properties: { trait: trigger.date, date: isMonthDay(fact) ? fact : due.date },
  }
  const scope = scopeOf(turn, atMs, entry, { entry })
  if (isTriggered(turn, rule, (each) => each === trigger, scope))
    qualify(turn, rule, entry, { type: 'date', trait: trigger.date }, atMs)
}
