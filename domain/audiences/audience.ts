import type { Condition } from '../journeys/values.ts'

/**
 * Customers who have something in common, by a condition over what is known of each. Published and
 * versioned by itself; `audience.schema.ts` parses the same shape from outside.
 */
export interface Audience {
  /** Where an editor finds the JSON Schema. Shapes nothing. */
  readonly $schema?: string
  readonly key: string
  readonly title?: string
  /** CEL over the customer: what an entry condition sees, and `did(…)`. */
  readonly when: Condition
}

/** All that decides who belongs to it. Its hash is the version's. */
export const audienceContent = ({ key, when }: Audience): object => ({ key, when })

/** What people call it: its key where it has no title. */
export const audienceTitle = ({ key, title }: Audience): string => title ?? key
