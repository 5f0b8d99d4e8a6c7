import type { Journey } from '../../domain/journeys/journey.ts'
import { readExampleJourneys } from '../../examples/read-journeys.ts'

/** Those that something happens for in the demo's data. The others are played by `test/e2e/worked-examples.test.ts` and `test/e2e/hero-call.test.ts`. */
const PLAYED: ReadonlySet<string> = new Set([
  'birthday',
  'flash-sale',
  'returns',
  'second-purchase',
  'welcome',
  'win-back',
])

/** The example journeys that the demo publishes, by key. */
export const readDemoJourneys = (): Journey[] =>
  readExampleJourneys().filter(({ key }) => PLAYED.has(key))
