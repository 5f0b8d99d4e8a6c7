import { LIFECYCLE_STATES, type LifecycleState } from '../journeys/journey.ts'

const WEEK_MS = 7 * 86_400_000
/** Monday, 5 January 1970. */
const FIRST_MONDAY_MS = 4 * 86_400_000

/** How many went from one state to another in the week that begins at `weekMs`. */
export interface Flow {
  readonly weekMs: number
  /** Null: somebody new. */
  readonly from: LifecycleState | null
  readonly to: LifecycleState
  readonly count: number
}

export interface LifecycleWeek {
  /** Monday, 00:00 UTC. */
  readonly fromMs: number
  readonly flows: readonly Omit<Flow, 'weekMs'>[]
  /** How many were in each state at the end of the week. */
  readonly stock: Readonly<Record<LifecycleState, number>>
}

/** The Monday, 00:00 UTC, of the ISO week that an instant lies in. */
export const mondayOf = (atMs: number): number =>
  Math.floor((atMs - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS

/** Every ISO week that the window touches, also those in which nothing moved. `flows`: all since the beginning. */
export function lifecycleWeeks(
  flows: readonly Flow[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): LifecycleWeek[] {
  const stock = Object.fromEntries(LIFECYCLE_STATES.map((state) => [state, 0])) as Record<
    LifecycleState,
    number
  >
  const move = ({ from, to, count }: Flow): void => {
    if (from !== null) stock[from] -= count
    stock[to] += count
  }
  const firstMs = mondayOf(fromMs)
  for (const flow of flows) if (flow.weekMs < firstMs) move(flow)
  const weeks: LifecycleWeek[] = []
  for (let weekMs = firstMs; weekMs < toMs; weekMs += WEEK_MS) {
    const moved = flows.filter((flow) => flow.weekMs === weekMs)
    moved.forEach(move)
    weeks.push({
      fromMs: weekMs,
      flows: moved.map(({ from, to, count }) => ({ from, to, count })),
      stock: { ...stock },
    })
  }
  return weeks
}
