import { compileLifecycle } from '../domain/customers/compile-lifecycle.ts'
import { minorUnits } from '../domain/customers/facts.ts'
import { lifecycleAt } from '../domain/customers/lifecycle.ts'
import type { LifecycleRules } from '../domain/customers/lifecycle-rules.ts'
import { LIFECYCLE_STATES, type LifecycleState } from '../domain/journeys/journey.ts'
import { INSTANTS_MAX } from '../domain/actor/customer-state.ts'
import { readOrderEvents } from '../dev/demo/order-file.ts'

/**
 * The lifecycle of the 4,372 customers of Online Retail, as Markdown: `node examples/lifecycle-table.ts`.
 * `docs/lifecycle.md` shows it, and a test keeps the two alike.
 */

/** The first day of each quarter, and the day after the last order. */
const DATES = ['2011-03-01', '2011-06-01', '2011-09-01', '2011-12-10']

interface Purchases {
  readonly purchasesMs: number[]
  readonly minor: number[]
}

/** Stock of every state at the dates, and how the customers of one date stand at the next. */
export async function lifecycleTable(): Promise<string> {
  const rules = compileLifecycle({ preset: 'shop', currency: 'GBP' }, 1)
  const customers = await readPurchases(rules)
  const at = DATES.map((date) =>
    customers.map((customer) => stateAt(rules, customer, Date.parse(date))),
  )
  const shown = LIFECYCLE_STATES.filter((state) => at.some((states) => states.includes(state)))
  const stock = table(
    ['state', ...DATES],
    [
      ...shown.map((state) => [code(state), ...at.map((states) => count(states, state))]),
      ['not met yet', ...at.map((states) => count(states, null))],
    ],
  )
  const flows = DATES.slice(1).flatMap((date, index) =>
    flowRows(shown, at[index] ?? [], at[index + 1] ?? []).map((row) => [
      `${DATES[index]} → ${date}`,
      ...row,
    ]),
  )
  return `${stock}\n\n${table(['quarter', 'from', ...shown.map(code)], flows)}\n`
}

async function readPurchases({ purchase }: LifecycleRules): Promise<Purchases[]> {
  const customers = new Map<string, Purchases>()
  for await (const { userId, event, timestamp, properties = {} } of readOrderEvents()) {
    const customer = customers.get(userId) ?? { purchasesMs: [], minor: [] }
    customers.set(userId, customer)
    if (event !== purchase.event) continue
    customer.purchasesMs.push(Date.parse(timestamp))
    customer.minor.push(minorUnits(properties[purchase.value]))
  }
  return [...customers.values()]
}

/** Null before the first purchase: the file knows nobody who has not bought. */
function stateAt(
  rules: LifecycleRules,
  { purchasesMs, minor }: Purchases,
  atMs: number,
): LifecycleState | null {
  const total = purchasesMs.filter((ms) => ms <= atMs).length
  if (total === 0) return null
  const recentMs = purchasesMs.slice(0, total).slice(-INSTANTS_MAX)
  const purchasedMinor = minor.slice(0, total).reduce((sum, each) => sum + each, 0)
  const counters = { [rules.purchase.event]: { total, recentMs } }
  return lifecycleAt({ rules, counters, purchasedMinor, known: true }, atMs).state
}

function flowRows(
  shown: readonly LifecycleState[],
  before: readonly (LifecycleState | null)[],
  after: readonly (LifecycleState | null)[],
): string[][] {
  return [null, ...shown].flatMap((from) => {
    const gone = after.filter((_state, customer) => before[customer] === from)
    if (gone.every((state) => state === null)) return []
    return [[from === null ? 'not met yet' : code(from), ...shown.map((to) => count(gone, to))]]
  })
}

const code = (state: string): string => `\`${state}\``

const count = (states: readonly (LifecycleState | null)[], state: LifecycleState | null): string =>
  states.filter((each) => each === state).length.toLocaleString('en-US')

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_name, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

if (import.meta.main) process.stdout.write(await lifecycleTable())
