import type { ContactRules } from './policy.ts'

/**
 * Whose clock a customer lives by: that of the profile, else of the country, else of the workspace,
 * else UTC. The first two are one zone in state and SQL, `UTC` where neither says anything (see
 * `profile-zone.ts`); the workspace's is in the contact policy.
 */
export const localZone = (stored: string, rules: Pick<ContactRules, 'zone'> | undefined): string =>
  knownZone(stored) ?? workspaceZone(rules)

/** The customer's own zone; null where nothing says where the customer lives. */
export const knownZone = (stored: string): string | null =>
  stored === NOBODY_KNOWS ? null : stored

/** For everybody of whom nothing says where they live. */
export const workspaceZone = (rules: Pick<ContactRules, 'zone'> | undefined): string =>
  rules?.zone ?? NOBODY_KNOWS

const NOBODY_KNOWS = 'UTC'
