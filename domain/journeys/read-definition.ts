import type { Finding } from '../errors.ts'
import type { Journey } from './journey.ts'
import { journeySchema } from './journey.schema.ts'
import { partsOf, type JourneyParts } from './journey-parts.ts'
import { readParts } from './read-parts.ts'
import { schemaFindings, withoutFields } from './schema-findings.ts'

export interface ReadDefinition {
  /** Null where the shape is not that of a journey. */
  readonly journey: Journey | null
  readonly parts: JourneyParts
  readonly findings: readonly Finding[]
}

/** A definition from outside: the journey, or what keeps it from being one and the parts that are readable. */
export function readDefinition(definition: unknown): ReadDefinition {
  const { data, error } = journeySchema.safeParse(definition)
  if (data !== undefined) return { journey: data, parts: partsOf(data), findings: [] }
  const { findings, unknownFields } = schemaFindings(journeySchema, error.issues, definition)
  return {
    journey: null,
    parts: readParts(withoutFields(definition, unknownFields)),
    findings,
  }
}
