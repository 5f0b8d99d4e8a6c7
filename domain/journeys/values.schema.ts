import { z } from 'zod'
import type { JsonValue } from '../json.ts'

export const jsonSchema: z.ZodType<JsonValue> = z.json()

/** An address is no template: where data goes is fixed when the journey is published. */
export const httpUrlSchema = z
  .url({
    protocol: /^https?$/,
    error: 'A webhook goes to a full http or https address.',
  })
  .refine((url) => !/\{[{%]/.test(url), {
    error: 'An address is no template; take {{ … }} out of it, and send what varies in the body.',
  })
  .meta({ pattern: '^[hH][tT][tT][pP][sS]?:' })
