import { expect, test } from 'vitest'
import { HARD_CASES } from './support/hard-cases/index.ts'

/** Each a variation of its own; `npm run bench -- hard-cases` plays thousands. */
const CUSTOMERS = 200

test.each(HARD_CASES)('$name', ({ play }) => {
  const wrong = Array.from({ length: CUSTOMERS }, (_, customer) =>
    play(customer).map((what) => `customer ${customer}: ${what}`),
  ).flat()
  expect(wrong).toEqual([])
})
