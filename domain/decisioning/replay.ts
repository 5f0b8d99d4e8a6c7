import { canonicalJson } from '../canonical-json.ts'
import { changesIn, type Change } from '../json-changes.ts'
import type { JsonValue } from '../json.ts'
import { arbitrate } from './arbitrate.ts'
import type { ArbitrationRequest, Decision } from './arbitration.ts'

export interface Replayed {
  /** To the bit. How a store orders the members of its JSON makes no difference. */
  readonly isEqual: boolean
  /** What is otherwise in the new decision. */
  readonly changes: readonly Change[]
}

/** Decides again from a stored request alone, and compares. */
export function replay(request: ArbitrationRequest, stored: Decision): Replayed {
  const again = arbitrate(request)
  const isEqual = canonicalJson(again) === canonicalJson(stored)
  return { isEqual, changes: isEqual ? [] : changesIn('', asJson(stored), asJson(again)) }
}

/** A decision holds nothing but JSON. */
const asJson = (decision: Decision): JsonValue => decision as unknown as JsonValue
