import { z } from 'zod'
import type { JsonObject } from '../json.ts'
import { journeySchema } from './journey.schema.ts'

/**
 * The journey language as JSON Schema 2020-12, made from the very schema that definitions are read
 * with: an editor completes by it, and shows its descriptions. What only the checker can say (links,
 * conditions, durations) is not in it.
 */
export function journeySchemaDocument(): JsonObject {
  const { $schema, ...schema } = z.toJSONSchema(journeySchema, { io: 'input' })
  const document: object = {
    $schema,
    $id: 'urn:rumbo:schema:journey',
    title: 'Journey',
    description:
      'A line of contact with a customer: who enters it, what happens, and when it ends.',
    ...schema,
  }
  return document as JsonObject
}
