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
  /** How often it is looked who has come and gone, and told to them. Default: never. */
  readonly watch?: WatchEvery
}

/** Each look is a pass over all customers, so there is a shortest time. */
export const WATCH_EVERY = ['PT5M', 'PT15M', 'PT1H', 'PT6H', 'P1D'] as const
export type WatchEvery = (typeof WATCH_EVERY)[number]

/** All that decides who belongs to it, and who is told. Its hash is the version's. */
export const audienceContent = ({ key, when, watch }: Audience): object => ({
  key,
  when,
  ...(watch === undefined ? {} : { watch }),
})

/** What people call it: its key where it has no title. */
export const audienceTitle = ({ key, title }: Audience): string => title ?? key
