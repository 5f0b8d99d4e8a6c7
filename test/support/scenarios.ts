import { CLOCK_SCENARIOS } from './scenarios/clocks.ts'
import { CONTACT_SCENARIOS } from './scenarios/contact.ts'
import { ENTRY_SCENARIOS } from './scenarios/entries.ts'
import { LANE_SCENARIOS } from './scenarios/lanes.ts'
import { OUTSIDE_SCENARIOS } from './scenarios/outside.ts'
import { PAUSE_SCENARIOS } from './scenarios/pauses.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { STEP_SCENARIOS } from './scenarios/steps.ts'
import { TURN_SCENARIOS } from './scenarios/turns.ts'

/** Stories that the simulator and the engine must tell alike. */
export const SCENARIOS: readonly Scenario[] = [
  ...STEP_SCENARIOS,
  ...OUTSIDE_SCENARIOS,
  ...TURN_SCENARIOS,
  ...ENTRY_SCENARIOS,
  ...CLOCK_SCENARIOS,
  ...PAUSE_SCENARIOS,
  ...LANE_SCENARIOS,
  ...CONTACT_SCENARIOS,
]
