import { z } from 'zod'

/** An event's name, as callers send it: `Order Completed`. */
export const eventNameSchema = z.string().min(1).max(255)

/** A journey's key: it stands in paths, ids and search attributes. */
export const journeyKeySchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, {
  error: 'A key has 1 to 63 small letters, digits, "-" or "_" and starts with a letter or digit.',
})
