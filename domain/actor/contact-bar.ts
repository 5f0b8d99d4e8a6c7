import { excludedBy } from '../contact/excluded.ts'
import { matrixAction } from '../contact/matrix.ts'
import type { Barred } from '../decisioning/arbitration.ts'
import type { EntryRule } from '../journeys/journey.ts'
import { groupOf } from './customer-group.ts'
import type { Turn } from './turn.ts'

/**
 * Why nobody should start a journey now whose messages would all be kept back until something
 * changes. What passes with time, quiet hours and caps, keeps nobody out.
 */
export function contactBar(
  turn: Turn,
  { class: messageClass, channels }: Pick<EntryRule, 'class' | 'channels'>,
  atMs: number,
): Barred | null {
  if (channels.length === 0) return null
  const messages = channels.map((channel) => ({ class: messageClass, channel }))
  const exclusions = messages.map((each) => excludedBy(turn.state.exclusions, each, atMs))
  const [exclusion] = exclusions
  if (exclusion !== undefined && exclusion !== null && !exclusions.includes(null))
    return { gate: 'excluded', reason: `The customer is excluded: ${exclusion.reason}.` }
  const group = groupOf(turn, atMs)
  const matrix = turn.rules.book?.contact?.matrix ?? []
  const isKeptBack = messages.every((each) => {
    const action = matrixAction(matrix, { ...each, group })
    return action === 'hold' || action === 'drop'
  })
  if (!isKeptBack) return null
  const whom = group === null ? 'the customer' : `customers of the group ${group}`
  return { gate: 'matrix', reason: `The matrix keeps its messages back from ${whom}.` }
}
