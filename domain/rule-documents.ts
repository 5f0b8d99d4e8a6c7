import { checkContactPolicy } from './contact/check-policy.ts'
import { contactPolicySchema } from './contact/policy.schema.ts'
import type { ContactPolicy } from './contact/policy.ts'
import { checkIdentityRules } from './customers/check-identity.ts'
import { checkLifecycle } from './customers/check-lifecycle.ts'
import { identityRulesSchema } from './customers/identity-rules.schema.ts'
import type { IdentityRules } from './customers/identity-rules.ts'
import { lifecycleDocumentSchema } from './customers/lifecycle-document.schema.ts'
import type { LifecycleDocument } from './customers/lifecycle-document.ts'
import { arbitrationRulesSchema } from './decisioning/arbitration-rules.schema.ts'
import type { ArbitrationRules } from './decisioning/arbitration-rules.ts'
import { checkArbitrationRules } from './decisioning/check-arbitration.ts'
import type { Finding } from './errors.ts'
import type { KnownNames } from './journeys/known-names.ts'
import { checkRetention } from './retention/check-retention.ts'
import { retentionRulesSchema } from './retention/retention-rules.schema.ts'
import type { RetentionRules } from './retention/retention-rules.ts'

/** Rules that stand beside the journeys, each kind published and versioned as a whole. */
export interface RuleDocuments {
  readonly 'contact-policy': ContactPolicy
  readonly arbitration: ArbitrationRules
  readonly lifecycle: LifecycleDocument
  readonly identity: IdentityRules
  readonly retention: RetentionRules
}
export type RuleDocumentKind = keyof RuleDocuments
export type RuleDocument = RuleDocuments[RuleDocumentKind]

interface RuleKind<Document> {
  /** What people call it. */
  readonly title: string
  /** The names of its members: a file is known by them. */
  readonly fields: ReadonlySet<string>
  readonly check: (document: unknown, known?: KnownNames) => Checked<Document>
}

interface Checked<Document> {
  /** Null where it has an error. */
  readonly document: Document | null
  readonly findings: readonly Finding[]
}

const KINDS: { readonly [Kind in RuleDocumentKind]: RuleKind<RuleDocuments[Kind]> } = {
  'contact-policy': {
    title: 'the contact policy',
    fields: namesIn(contactPolicySchema),
    check: (document, known) => {
      const { policy, findings } = checkContactPolicy(document, known)
      return { document: policy, findings }
    },
  },
  arbitration: {
    title: 'the arbitration rules',
    fields: namesIn(arbitrationRulesSchema),
    check: (document, known) => {
      const { rules, findings } = checkArbitrationRules(document, known)
      return { document: rules, findings }
    },
  },
  lifecycle: {
    title: 'the lifecycle rules',
    fields: namesIn(lifecycleDocumentSchema),
    check: checkLifecycle,
  },
  identity: {
    title: 'the identity rules',
    fields: namesIn(identityRulesSchema),
    check: checkIdentityRules,
  },
  retention: {
    title: 'the retention rules',
    fields: namesIn(retentionRulesSchema),
    check: checkRetention,
  },
}

export const RULE_DOCUMENT_KINDS = Object.keys(KINDS) as readonly RuleDocumentKind[]

/** What people call the documents of a kind. */
export const ruleTitle = (kind: RuleDocumentKind): string => KINDS[kind].title

/** The kind that a document must be of by what it names; null where it could be of several. */
export function kindOf(document: unknown): RuleDocumentKind | null {
  if (typeof document !== 'object' || document === null) return null
  const names = Object.keys(document).filter((name) => name !== '$schema')
  const [most, next] = RULE_DOCUMENT_KINDS.map((kind) => ({
    kind,
    count: names.filter((name) => KINDS[kind].fields.has(name)).length,
  })).toSorted((a, b) => b.count - a.count)
  return most === undefined || most.count === next?.count ? null : most.kind
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
  const { document: sound, findings } = KINDS[kind].check(document, known)
  return { checked: sound === null ? null : { kind, document: sound }, findings }
}

/** All of a document that says anything to anybody but an editor. Its hash is the version's. */
export function ruleContent(document: RuleDocument): object {
  const { $schema: _, ...content } = document
  return content
}

function namesIn({ shape }: { readonly shape: object }): ReadonlySet<string> {
  return new Set(Object.keys(shape))
}
