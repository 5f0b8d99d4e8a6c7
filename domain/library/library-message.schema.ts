import { z } from 'zod'
import { messageSchema } from '../journeys/journey.schema.ts'
import { journeyKeySchema } from '../journeys/names.schema.ts'
import type { Same, Writable } from '../same-shape.ts'
import type { LibraryMessage } from './library-message.ts'

/** A message of the library from outside. Shapes only: its texts are checked by `check-library-message.ts`. */
export const libraryMessageSchema = messageSchema.extend({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  key: journeyKeySchema.describe('Names the message for good: small letters, digits, `-` and `_`'),
  title: z.string().max(255).describe('What people call it').exactOptional(),
})

/** Does not compile when the parsed type and `LibraryMessage` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof libraryMessageSchema>>, Writable<LibraryMessage>>
