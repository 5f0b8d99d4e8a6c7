import { z } from 'zod'
import type { Same, Writable } from '../same-shape.ts'
import { ANY_NUMBER, type IdentityRules } from './identity-rules.ts'

/** Identity rules from outside. Shapes only: the rest is checked by `check-identity.ts`. */

const KINDS_MAX = 50

const kindRuleSchema = z.strictObject({
  perCustomer: z
    .int()
    .min(1)
    .max(ANY_NUMBER)
    .describe('Ids of this kind that one customer may have. Default: `user` 1, others 10')
    .exactOptional(),
  merges: z
    .boolean()
    .describe(
      'Whether an id that leads to another customer says that the two are one. Default: yes; of `email` and `phone` no',
    )
    .exactOptional(),
})

export const identityRulesSchema = z.strictObject({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  kinds: z
    .record(z.string().regex(/^[A-Za-z][\w-]{0,63}$/), kindRuleSchema)
    .refine((kinds) => Object.keys(kinds).length <= KINDS_MAX, {
      message: `At most ${KINDS_MAX} kinds`,
    })
    .describe(
      'What identifies a customer besides `user` and `anonymous`: `email`, `phone`, and types of `context.externalIds`',
    )
    .exactOptional(),
  merges: z
    .strictObject({
      perDay: z.int().min(1).max(ANY_NUMBER).describe('Default: 20').exactOptional(),
      perCustomer: z.int().min(2).max(ANY_NUMBER).describe('Default: 50').exactOptional(),
    })
    .describe('How many customers are merged into one before a person is asked')
    .exactOptional(),
  traits: z
    .record(
      z.string().min(1).max(255),
      z.union([
        z.enum(['latest', 'longest']),
        z.strictObject({ sources: z.array(z.string().min(1).max(255)).min(1).max(50) }),
      ]),
    )
    .describe('Which of two values of a trait holds; `*`: of all others. Default: `latest`')
    .exactOptional(),
  defaultRegion: z
    .string()
    .describe('Of phone numbers of customers whose country nobody said. ISO 3166 alpha-2')
    .exactOptional(),
})

/** Does not compile when the parsed type and `IdentityRules` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof identityRulesSchema>>, Writable<IdentityRules>>
