import { excludedBy } from '../contact/excluded.ts'
import type { Exclusion } from '../contact/policy.ts'
import type { MessageClass } from '../journeys/journey.ts'
import { isGranted, type MessageFacts } from '../message-scope.ts'

export interface ProposalFacts extends Pick<MessageFacts, 'consents'> {
  readonly exclusions: readonly Exclusion[]
  /** What people have stopped that the proposal is of: `stop:<scope>`. */
  readonly stop: string | null
}

/**
 * Why a proposal that was made is not to be voiced now: what happened since is not known to the gate that
 * let it through. Null: it may be. Caps and quiet hours are not asked again: it counts since it was made,
 * and it is the customer who calls.
 */
export function proposalBar(
  { class: messageClass }: { readonly class: MessageClass },
  facts: ProposalFacts,
  atMs: number,
): string | null {
  if (facts.stop !== null) return facts.stop
  if (messageClass === 'marketing' && !isGranted(facts, 'marketing', 'agent_task'))
    return 'no_consent'
  const message = { class: messageClass, channel: 'agent_task' }
  const exclusion = excludedBy(facts.exclusions, message, atMs)
  return exclusion === null ? null : `excluded:${exclusion.reason}`
}
