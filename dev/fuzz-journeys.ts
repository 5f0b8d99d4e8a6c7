/**
 * Looks for definitions that the checker cannot bear, and for such that it passes and that then
 * break. `npm run fuzz -- --seconds 120 --seed 1`; ends with 1 when it found one, which it prints.
 */
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { fuzzProperty, noFigures } from '../test/fuzz/fuzz-journeys.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    /** Of a case that an earlier run has found. */
    path: { type: 'string' },
  },
})
const seed = Number(values.seed)
const figures = noFigures()
const startedMs = performance.now()
const { failed, counterexample, counterexamplePath, errorInstance } = fc.check(
  fuzzProperty(figures),
  {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: Number(values.seconds) * 1_000,
    markInterruptAsFailure: false,
    ...(values.path === undefined ? {} : { path: values.path }),
  },
)
const seconds = (performance.now() - startedMs) / 1_000

const { definitions, passed, runs, slowestCheckMs, codes } = figures
console.log(
  `${definitions} definitions in ${seconds.toFixed(0)} s (seed ${seed}): ${passed} passed the checker and led to ${runs} runs; slowest check ${slowestCheckMs.toFixed(0)} ms.`,
)
for (const [code, count] of [...codes].toSorted(([, a], [, b]) => b - a))
  console.log(`${String(count).padStart(8)}  ${code}`)
if (failed && counterexample !== null) {
  console.error(`\nFound: --seed ${seed} --path ${counterexamplePath}`)
  console.error(errorInstance)
  console.error(JSON.stringify(counterexample[0], null, 2))
  process.exitCode = 1
}
