import type { Accepting } from './accepting.ts'
import type { HistoryCost } from './histories.ts'
import type { Latencies, Latency } from './latencies.ts'
import type { CallCost } from './micro.ts'
import type { CoalescedRates, Rates } from './rates.ts'

/** Everything that one run has measured: what `--json` writes. */
export interface Results {
  readonly at: string
  readonly quick: boolean
  readonly machine: {
    readonly cpus: number
    readonly cpu: string
    readonly memoryGb: number
    readonly node: string
    readonly store: string
    /** Load average of one minute before anything was started: what else ran. */
    readonly loadBefore: number
  }
  readonly customers: { readonly actors: number; readonly measured: number }
  readonly calls: readonly CallCost[]
  /** Null where the thread of the actors could not be told from others. */
  readonly heapKbPerActor: number | null
  readonly histories: readonly HistoryCost[]
  readonly rates: Rates
  readonly coalesced: CoalescedRates
  readonly latencies: Latencies
  readonly next: Latency
  readonly accepting: readonly Accepting[]
  readonly seconds: number
}
