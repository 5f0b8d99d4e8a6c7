/** What one row of the report of reactions is about. */
export const REACTION_GROUPS = ['version', 'message', 'variant', 'channel', 'day'] as const
export type ReactionGroup = (typeof REACTION_GROUPS)[number]
