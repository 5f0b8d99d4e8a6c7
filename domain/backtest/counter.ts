import type { Counts } from './report.ts'

/** Counts by name. What it says does not depend on the order in which it was told. */
export class Counter {
  readonly #counts = new Map<string, number>()

  add(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by)
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Names in alphabetical order. */
  get entries(): [name: string, count: number][] {
    return [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  get counts(): Counts {
    return Object.fromEntries(this.entries)
  }
}
