import { checkContactPolicy } from './contact/check-policy.ts'
import { contactPolicySchema } from './contact/policy.schema.ts'
import type { ContactPolicy } from './contact/policy.ts'
import { arbitrationRulesSchema } from './decisioning/arbitration-rules.schema.ts'
import type { ArbitrationRules } from './decisioning/arbitration-rules.ts'
import { checkArbitrationRules } from './decisioning/check-arbitration.ts'
import type { Finding } from './errors.ts'
import type { KnownNames } from './journeys/known-names.ts'

/** Rules that stand beside the journeys, each kind published and versioned as a whole. */
export interface RuleDocuments {
  readonly 'contact-policy': ContactPolicy
  readonly arbitration: ArbitrationRules
}
export type RuleDocumentKind = keyof RuleDocuments
export type RuleDocument = RuleDocuments[RuleDocumentKind]

export const RULE_DOCUMENT_KINDS = ['contact-policy', 'arbitration'] as const

const FIELDS: Readonly<Record<RuleDocumentKind, ReadonlySet<string>>> = {
  'contact-policy': new Set(Object.keys(contactPolicySchema.shape)),
  arbitration: new Set(Object.keys(arbitrationRulesSchema.shape)),
}

/** The kind that a document must be of by what it names; null where it could be of either. */
export function kindOf(document: unknown): RuleDocumentKind | null {
  if (typeof document !== 'object' || document === null) return null
  const names = Object.keys(document).filter((name) => name !== '$schema')
  const [most, next] = RULE_DOCUMENT_KINDS.map((kind) => ({
    kind,
    count: names.filter((name) => FIELDS[kind].has(name)).length,
  })).toSorted((a, b) => b.count - a.count)
  return most === undefined || most.count === next?.count ? null : most.kind
}

/** What people call them. */
export const RULE_DOCUMENT_TITLES: Readonly<Record<RuleDocumentKind, string>> = {
  'contact-policy': 'the contact policy',
  arbitration: 'the arbitration rules',
}

/** A document of a kind that is known to have no error. */
export type CheckedRules = {
  readonly [Kind in RuleDocumentKind]: {
    readonly kind: Kind
    readonly document: RuleDocuments[Kind]
  }
}[RuleDocumentKind]

/**
 * Checks a document of this kind from outside: it without errors, or null, and everything that is
 * to be said about it. Never throws.
 */
export function checkRules(
  kind: RuleDocumentKind,
  document: unknown,
  known?: KnownNames,
): { readonly checked: CheckedRules | null; readonly findings: readonly Finding[] } {
  if (kind === 'contact-policy') {
    const { policy, findings } = checkContactPolicy(document, known)
    return { checked: policy === null ? null : { kind, document: policy }, findings }
  }
  const { rules, findings } = checkArbitrationRules(document, known)
  return { checked: rules === null ? null : { kind, document: rules }, findings }
}

/** All of a document that says anything to anybody but an editor. Its hash is the version's. */
export function ruleContent(document: RuleDocument): Partial<ContactPolicy & ArbitrationRules> {
  const { $schema: _, ...content } = document
  return content
}
