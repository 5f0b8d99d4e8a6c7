import { evaluateCondition } from '../conditions.ts'
import { groupIn } from '../contact/customer-group.ts'
import { holdsStanding, scopeOf, type Turn } from './turn.ts'

/** Conditions of the contact policy that fail are counted under its name, where versions have their journey's. */
const POLICY = 'contact-policy'

/** The customer's group by the contact policy, now; null for none. A condition that fails is false. */
export function groupOf(turn: Turn, atMs: number): string | null {
  const scope = scopeOf(turn, atMs, null, null)
  return groupIn(turn.rules.book?.contact?.groups ?? [], ({ when }) => {
    if (when === undefined) return true
    const verdict = evaluateCondition(when, scope)
    return verdict.ok && verdict.value
  })
}

/** Keeps the group for the customer's page, once a turn. Answers whether it is another one than before. */
export function noteGroup(turn: Turn, atMs: number): boolean {
  const { state, rules } = turn
  if (rules.book === null) return false
  const { groups = [], version = 0 } = rules.book.contact ?? {}
  const scope = scopeOf(turn, atMs, null, null)
  const group = groupIn(groups, ({ when }, place) =>
    holdsStanding(turn, when, { journey: POLICY, version, path: `/groups/${place}/when` }, scope),
  )
  if (group === (state.group ?? null)) return false
  const { group: _before, ...others } = state
  turn.state = group === null ? others : { ...others, group }
  return true
}
