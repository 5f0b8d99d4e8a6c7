import type { DeliveryRequest, TimelineEntry } from '../actor/effects.ts'
import type { StepVisit } from '../actor/turn.ts'
import { SimulatedActor, type SimulatedRules } from '../simulated-actor.ts'
import type { BacktestPlan, LonelyVersion } from './plan.ts'
import type { PlayedCustomer, PlayedLife } from './played.ts'
import type { RecordedCustomer } from './recorded.ts'
import { recordedLife, type RecordedLife } from './recorded-life.ts'

/** The most that one customer may be woken in a backtest. */
const WAKES_MAX = 100_000

const NOTHING: PlayedLife = {
  entries: [],
  sends: [],
  decisions: [],
  visits: [],
  unsent: [],
  open: [],
}

/**
 * Plays one customer under every plan: all journeys together, and each alone. Yields after every
 * event, so that the caller can let others have the thread in between.
 *
 * A version that stands in several plans is played alone once.
 */
export function* playCustomer(
  plans: readonly BacktestPlan[],
  customer: RecordedCustomer,
): Generator<void, PlayedCustomer[]> {
  const alone = new Map<string, PlayedLife>()
  const played: PlayedCustomer[] = []
  for (const plan of plans) {
    const { window, assume } = plan
    const play = function* (rules: SimulatedRules): Generator<void, PlayedLife> {
      const life = recordedLife(customer, rules.book, window, assume)
      return life === null ? NOTHING : yield* playLife(life, rules, window.toMs)
    }
    for (const version of plan.alone) {
      const { hash } = version.version
      if (alone.has(hash)) continue
      alone.set(hash, mayEnter(version, customer) ? yield* play(version.rules) : NOTHING)
    }
    played.push({
      events: eventsIn(customer, plan),
      together: yield* play(plan.together),
      alone: plan.alone.map(({ version }) => alone.get(version.hash) ?? NOTHING),
    })
  }
  return played
}

function* playLife(
  { actor, past, items }: RecordedLife,
  rules: SimulatedRules,
  toMs: number,
): Generator<void, PlayedLife> {
  const entries: TimelineEntry[] = []
  const sends: DeliveryRequest[] = []
  const decisions: PlayedLife['decisions'][number][] = []
  const visits: StepVisit[] = []
  const unsent: PlayedLife['unsent'][number][] = []
  const simulated = new SimulatedActor(actor, rules, {
    record: (record) => {
      entries.push(...record.entries)
      unsent.push(...record.deliveries)
    },
    decision: (decision, request) => void decisions.push({ decision, request }),
    delivery: (request) => void sends.push(request),
    visit: (visit) => void visits.push(visit),
    wakesMax: WAKES_MAX,
  })
  if (past.length > 0) simulated.happen(past)
  yield
  for (const item of items) {
    simulated.sleepUntil(item.receivedAtMs)
    simulated.happen([item])
    yield
  }
  simulated.sleepUntil(toMs - 1)
  yield
  return { entries, sends, decisions, visits, unsent, open: simulated.actor.runs }
}

/** Whether anything that this customer did could let somebody in. Spares most of the work. */
function mayEnter({ entryEvents }: LonelyVersion, { rows }: RecordedCustomer): boolean {
  return (
    entryEvents === null ||
    rows.some((row) => row.type === 'event' && row.name !== null && entryEvents.has(row.name))
  )
}

function eventsIn(
  { rows }: RecordedCustomer,
  { window: { fromMs, toMs }, together: { book } }: BacktestPlan,
): PlayedCustomer['events'] {
  let window = 0
  let history = 0
  for (const row of rows) {
    if (row.type !== 'event' || row.name === null || row.atMs >= toMs) continue
    if (!Object.hasOwn(book.events, row.name)) continue
    if (row.atMs < fromMs) history++
    else window++
  }
  return { window, history }
}
