import type { Journey } from '../../domain/journeys/journey.ts'
import { readExampleJourneys } from '../../examples/read-journeys.ts'

/** Those that something happens for in the demo's data. The others are played by tests (`docs/examples.md`). */
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
