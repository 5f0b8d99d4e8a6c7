import { fractionOf } from '../random.ts'
import { durationMs } from '../time.ts'
import { workspaceZone } from './customer-zone.ts'
import type { ContactRules } from './policy.ts'
import { nextQuietMs, quietAt, SPREAD_DEFAULT } from './quiet-hours.ts'
import type { GateFacts } from './gate.ts'
import { isMeant } from './scope.ts'
import { windowAt } from './send-windows.ts'

/** Turns from quiet hours to closed windows and back, before it is left to the next judgement. */
const TURNS_MAX = 64

/** Why a message rests now, and until when. Null: no window of it ever opens. */
export interface Rest {
  readonly reason: 'quiet_hours' | 'send_window'
  readonly untilMs: number | null
}

/**
 * Whether quiet hours or send windows keep a message back; null where it may go out. What rests goes
 * out at an instant of its own after the end, so that not all do at once: never in the next quiet
 * hours, never after the window.
 */
export function restOf(
  facts: Pick<GateFacts, 'class' | 'channel' | 'zone' | 'sendWindow' | 'spreadKey'>,
  rules: Pick<ContactRules, 'zone' | 'quietHours' | 'sendWindows'>,
  atMs: number,
): Rest | null {
  const zone = facts.zone ?? workspaceZone(rules)
  const clock = { zone, isGuess: facts.zone === null }
  const quietHours = rules.quietHours.filter((hours) => isMeant(hours, facts))
  const windows = [
    ...(facts.sendWindow === undefined ? [] : [facts.sendWindow]),
    ...rules.sendWindows.filter((each) => isMeant(each, facts)).map((each) => each.windows),
  ]
  let freeAtMs = atMs
  let reason: Rest['reason'] | null = null
  let spreadMs = durationMs(SPREAD_DEFAULT)
  let endMs = Infinity
  for (let turns = 0; turns < TURNS_MAX; turns++) {
    const quiet = quietAt(quietHours, clock, freeAtMs)
    if (quiet !== null) {
      reason ??= 'quiet_hours'
      spreadMs = quiet.spreadMs
      freeAtMs = quiet.untilMs
      continue
    }
    const states = windows.map((each) => windowAt(each, zone, freeAtMs))
    const closed = states.find(({ type }) => type === 'closed')
    if (closed !== undefined) {
      reason ??= 'send_window'
      if (closed.untilMs === null) return { reason, untilMs: null }
      freeAtMs = closed.untilMs
      continue
    }
    endMs = Math.min(...states.map(({ untilMs }) => untilMs ?? Infinity), Infinity)
    break
  }
  if (reason === null) return null
  const leftMs = Math.min(endMs, nextQuietMs(quietHours, clock, freeAtMs)) - freeAtMs
  const placeMs = Math.floor(fractionOf(facts.spreadKey) * Math.min(spreadMs, leftMs))
  return { reason, untilMs: freeAtMs + placeMs }
}
