import { z } from 'zod'
import { journeyKeySchema } from '../journeys/names.schema.ts'
import type { Same, Writable } from '../same-shape.ts'
import { WATCH_EVERY, type Audience } from './audience.ts'

/** An audience from outside. Shapes only: the condition is checked by `check-audience.ts`. */
export const audienceSchema = z.strictObject({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  key: journeyKeySchema.describe('Names the audience for good: small letters, digits, `-` and `_`'),
  title: z.string().max(255).describe('What people call it').exactOptional(),
  when: z
    .string()
    .describe(
      "CEL: who belongs to it, such as `did('Order Completed', 'products.product_id', 'P-17')`",
    ),
  watch: z
    .enum(WATCH_EVERY)
    .describe(
      'How often it is looked who has come and gone: they get an event `Audience Joined` or `Audience Left`. Default: never',
    )
    .exactOptional(),
})

/** Does not compile when the parsed type and `Audience` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof audienceSchema>>, Writable<Audience>>
