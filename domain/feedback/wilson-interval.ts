/** How many of how many, and between which shares the true one lies: with 95 % certainty. */
export interface Share {
  readonly count: number
  readonly of: number
  /** Null: of none. */
  readonly rate: number | null
  readonly low: number | null
  readonly high: number | null
}

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959_963_984_540_054
const DIGITS = 1e6

/**
 * A share with its Wilson score interval, which keeps what it promises for small numbers and for shares
 * near 0 and 1. Rounded to six digits.
 *
 * Shape: 0 ≤ count ≤ of.
 */
export function shareOf(count: number, of: number): Share {
  if (of === 0) return { count, of, rate: null, low: null, high: null }
  const rate = count / of
  const z2 = (Z * Z) / of
  const middle = (rate + z2 / 2) / (1 + z2)
  const half = (Z * Math.sqrt((rate * (1 - rate)) / of + z2 / (4 * of))) / (1 + z2)
  return {
    count,
    of,
    rate: rounded(rate),
    // Where none or all are, the interval ends there, whatever floating point makes of it.
    low: count === 0 ? 0 : rounded(middle - half),
    high: count === of ? 1 : rounded(middle + half),
  }
}

const rounded = (share: number): number => Math.round(share * DIGITS) / DIGITS
