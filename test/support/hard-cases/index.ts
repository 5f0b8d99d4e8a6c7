import { clockChange } from './clock-change.ts'
import { cycle } from './cycle.ts'
import { exclusionBeforeSend } from './exclusion-before-send.ts'
import type { HardCase } from './hard-case.ts'
import { oneDay } from './one-day.ts'
import { policyWhileHeld } from './policy-while-held.ts'

/** Every one, for a test of some hundred customers and a measurement of some thousand. */
export const HARD_CASES: readonly HardCase[] = [
  oneDay,
  cycle,
  exclusionBeforeSend,
  clockChange,
  policyWhileHeld,
]
