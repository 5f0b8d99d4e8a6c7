import type { Contact, Facts } from '../actor/customer-state.ts'
import { own } from '../own.ts'
import type { FatigueRule, FatigueStep } from './policy.ts'
import { isMeant, type Scoped } from './scope.ts'

/** What says when a customer last reacted: instants of events by name, ascending. */
export type ReactionCounters = Readonly<Record<string, Pick<Facts['counters'][string], 'recentMs'>>>

/** Whether a rule counts a message, or one that went out. Where it names no classes: marketing. */
export const tires = (
  { channel, classes = ['marketing'] }: Pick<FatigueRule, 'channel' | 'classes'>,
  message: Scoped,
): boolean => isMeant({ classes, channels: [channel] }, message)

/**
 * What went out since the customer last reacted to anything, oldest first. One that went out in the
 * instant of a reaction came after it: nobody reads that fast, but a reaction may have led to it.
 */
export function unansweredOf<C extends Pick<Contact, 'class' | 'channel' | 'atMs'>>(
  rule: FatigueRule,
  contacts: readonly C[],
  counters: ReactionCounters,
  atMs: number,
): C[] {
  const reactedAtMs = lastReactionMs(rule, counters, atMs)
  return contacts.filter((contact) => tires(rule, contact) && contact.atMs >= reactedAtMs)
}

/** A clock that runs ahead elsewhere must not answer what is still to be sent. */
function lastReactionMs(
  { reactions }: FatigueRule,
  counters: ReactionCounters,
  atMs: number,
): number {
  const last = (name: string): number =>
    own(counters, name)?.recentMs.findLast((reactedMs) => reactedMs <= atMs) ?? -Infinity
  return Math.max(-Infinity, ...reactions.map(last))
}

/** The step of a rule that so many unanswered messages have led to: the last one that is reached. */
export const stepAt = ({ steps }: FatigueRule, unanswered: number): FatigueStep | undefined =>
  steps.findLast(({ afterUnanswered }) => afterUnanswered <= unanswered)

/** Where a customer stands with a rule. */
export interface FatigueUse {
  readonly name: string
  /** As far as the rule counts. */
  readonly unanswered: number
  /** Null: none is reached, and everything goes out. */
  readonly step: FatigueStep | null
}

/** Where a customer stands with each rule. */
export const fatigueUses = (
  rules: readonly FatigueRule[],
  contacts: readonly Contact[],
  counters: ReactionCounters,
  atMs: number,
): FatigueUse[] =>
  rules.map((rule) => {
    const { length: unanswered } = unansweredOf(rule, contacts, counters, atMs)
    return { name: rule.name, unanswered, step: stepAt(rule, unanswered) ?? null }
  })

/** How many of the newest unanswered messages a rule must know, to tell any of its steps. */
export const messagesNeeded = ({ steps }: Pick<FatigueRule, 'steps'>): number =>
  Math.max(0, ...steps.map((step) => Math.max(step.afterUnanswered, 'max' in step ? step.max : 0)))

/** Names what of the past a rule has to know: two rules of one key need the same. */
export const pastOf = ({
  channel,
  classes = ['marketing'],
  reactions,
  steps,
}: FatigueRule): string => JSON.stringify([channel, classes, reactions, messagesNeeded({ steps })])
