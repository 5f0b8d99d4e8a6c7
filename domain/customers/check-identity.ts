import type { Finding } from '../errors.ts'
import { bounded } from '../journeys/bounded-findings.ts'
import { limitFindings } from '../journeys/definition-limits.ts'
import { schemaFindings } from '../journeys/schema-findings.ts'
import { COUNTRIES } from './country-codes.ts'
import { identityRulesSchema } from './identity-rules.schema.ts'
import type { IdentityRules } from './identity-rules.ts'

/** Checks identity rules from outside. Never throws. */
export function checkIdentityRules(document: unknown): {
  /** Null when there is an error among the findings: such rules cannot be published. */
  readonly document: IdentityRules | null
  readonly findings: readonly Finding[]
} {
  const limits = limitFindings(document)
  if (limits.length > 0) return { document: null, findings: limits }
  const { data, error } = identityRulesSchema.safeParse(document)
  const shape = schemaFindings(identityRulesSchema, error?.issues ?? [], document)
  const findings = [...shape.findings, ...regionFindings(data?.defaultRegion)]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return { document: isSound ? (data ?? null) : null, findings: bounded(findings) }
}

function regionFindings(region: string | undefined): Finding[] {
  if (region === undefined || COUNTRIES.has(region)) return []
  const message = `"${region}" is no country: write its code of two capitals, such as ES.`
  return [{ code: 'unknown_region', path: '/defaultRegion', message, severity: 'error' }]
}
