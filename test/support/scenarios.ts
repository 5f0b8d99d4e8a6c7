import type { ContactPolicy } from '../../domain/contact/policy.ts'
import type { ArbitrationRules } from '../../domain/decisioning/arbitration-rules.ts'
import { CAP_SCENARIOS } from './scenarios/caps.ts'
import { CLOCK_SCENARIOS } from './scenarios/clocks.ts'
import { ENTRY_SCENARIOS } from './scenarios/entries.ts'
import { EXCLUSION_SCENARIOS } from './scenarios/exclusions.ts'
import { GATE_SCENARIOS } from './scenarios/gate.ts'
import { LANE_SCENARIOS } from './scenarios/lanes.ts'
import { OUTSIDE_SCENARIOS } from './scenarios/outside.ts'
import { PAUSE_SCENARIOS } from './scenarios/pauses.ts'
import { REACH_SCENARIOS } from './scenarios/reach.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { STEP_SCENARIOS } from './scenarios/steps.ts'
import { TURN_SCENARIOS } from './scenarios/turns.ts'
import { WEIGHING_SCENARIOS } from './scenarios/weighing.ts'

/** Stories that the simulator and the engine must tell alike. */
export const SCENARIOS: readonly Scenario[] = [
  ...STEP_SCENARIOS,
  ...OUTSIDE_SCENARIOS,
  ...TURN_SCENARIOS,
  ...ENTRY_SCENARIOS,
  ...CLOCK_SCENARIOS,
  ...PAUSE_SCENARIOS,
  ...LANE_SCENARIOS,
  ...EXCLUSION_SCENARIOS,
  ...CAP_SCENARIOS,
  ...GATE_SCENARIOS,
  ...REACH_SCENARIOS,
  ...WEIGHING_SCENARIOS,
]

/** The contact policy of all stories. */
export const SCENARIO_CONTACT = joined<ContactPolicy>(SCENARIOS.map(({ contact = {} }) => contact))

/** The arbitration rules of all stories. */
export const SCENARIO_ARBITRATION = joined<ArbitrationRules>(
  SCENARIOS.map(({ arbitration = {} }) => arbitration),
)

/** Lists one after the other, names beside each other. What only one can say, one says. */
function joined<Rules extends object>(parts: readonly Partial<Rules>[]): Rules {
  const all: Record<string, unknown> = {}
  for (const [name, value] of parts.flatMap((part) => Object.entries(part))) {
    const before = all[name]
    if (before === undefined) all[name] = value
    else if (Array.isArray(before) && Array.isArray(value)) all[name] = [...before, ...value]
    else throw new Error(`Two stories say what ${name} is.`)
  }
  return all as Rules
}
