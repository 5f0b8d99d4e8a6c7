import { utf8Length } from '../journeys/definition-limits.ts'
import type { JsonValue } from '../json.ts'
import { STATE_BYTES_MAX, type CustomerState, type EntryEvent } from './customer-state.ts'

/**
 * Whether an actor may keep what a run needs for all its life. Batches that wait are not counted: they
 * are handled and gone.
 */
export function hasRoomFor(state: CustomerState, kept: EntryEvent | JsonValue): boolean {
  const text = JSON.stringify({ ...state, collected: [] }) + JSON.stringify(kept)
  // No character takes more than three bytes: most actors need not be counted.
  return text.length * 3 <= STATE_BYTES_MAX || utf8Length(text) <= STATE_BYTES_MAX
}
