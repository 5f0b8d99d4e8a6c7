import { fractionOf } from '../../../domain/random.ts'

/** A story that is played for many customers, each a variation that its number alone decides. */
export interface HardCase {
  readonly name: string
  /** What went wrong for this customer; empty when all that is promised holds. */
  readonly play: (customer: number) => string[]
}

/** Draws that the number of a customer decides: the same variation on every machine. */
export function drawsOf(name: string, customer: number) {
  let drawn = 0
  const fraction = (): number => fractionOf(`${name} ${customer} ${drawn++}`)
  return {
    fraction,
    /** Below `limit`, from 0 on. */
    below: (limit: number): number => Math.floor(fraction() * limit),
    oneOf: <T>(choices: readonly T[]): T => {
      const choice = choices[Math.floor(fraction() * choices.length)]
      if (choice === undefined) throw new Error('There is nothing to choose from')
      return choice
    },
    shuffled: <T>(items: readonly T[]): T[] =>
      items
        .map((item) => ({ item, place: fraction() }))
        .toSorted((one, other) => one.place - other.place)
        .map(({ item }) => item),
  }
}

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** The most that fall in any window of this length. */
export function mostWithin(instantsMs: readonly number[], windowMs: number): number {
  const sorted = instantsMs.toSorted((a, b) => a - b)
  return Math.max(
    0,
    ...sorted.map((fromMs) => sorted.filter((ms) => ms >= fromMs && ms < fromMs + windowMs).length),
  )
}
