import type { BookArbitration } from '../journeys/rule-book.ts'
import { durationMs } from '../time.ts'
import { DEFAULT_ARBITRATION, type ArbitrationRules } from './arbitration-rules.ts'

/** Arbitration rules as a rule book holds them: plain numbers, defaults filled in. */
export function compileArbitration({
  margin = DEFAULT_ARBITRATION.margin,
  dwell,
  switches,
  propensity = DEFAULT_ARBITRATION.propensity,
  context = [],
}: ArbitrationRules): BookArbitration {
  return {
    settings: {
      margin,
      dwellMs: dwell === undefined ? DEFAULT_ARBITRATION.dwellMs : durationMs(dwell),
      switchesMax: switches?.max ?? DEFAULT_ARBITRATION.switchesMax,
      switchWindowMs:
        switches === undefined ? DEFAULT_ARBITRATION.switchWindowMs : durationMs(switches.within),
      propensity,
    },
    context,
  }
}
