import { caseRulesSchema } from './cases/case-rules.schema.ts'
import type { CaseRules } from './cases/case-rules.ts'
import { checkCaseRules } from './cases/check-case-rules.ts'
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
import { checkFactRules } from './facts/check-fact-rules.ts'
import { factRulesSchema } from './facts/fact-rules.schema.ts'
import type { FactRules } from './facts/fact-rules.ts'
import type { KnownNames } from './journeys/known-names.ts'
import { checkRetention } from './retention/check-retention.ts'
import { retentionRulesSchema } from './retention/retention-rules.schema.ts'
import type { RetentionRules } from './retention/retention-rules.ts'
import { checkTrackingPlan } from './tracking/check-tracking-plan.ts'
import { trackingPlanSchema } from './tracking/tracking-plan.schema.ts'
import type { TrackingPlan } from './tracking/tracking-plan.ts'

/** Rules that stand beside the journeys, each kind published and versioned as a whole. */
export interface RuleDocuments {
  readonly 'contact-policy': ContactPolicy
  readonly arbitration: ArbitrationRules
  readonly lifecycle: LifecycleDocument
  readonly identity: IdentityRules
  readonly retention: RetentionRules
  readonly 'case-rules': CaseRules
  readonly 'tracking-plan': TrackingPlan
  readonly 'fact-rules': FactRules
}
export type RuleDocumentKind = keyof RuleDocuments
export type RuleDocument = RuleDocuments[RuleDocumentKind]

/** A document of a kind that is known to have no error. */
export type CheckedRules = {
  readonly [Kind in RuleDocumentKind]: CheckedOf<Kind>
}[RuleDocumentKind]

interface CheckedOf<Kind extends RuleDocumentKind> {
  readonly kind: Kind
  readonly document: RuleDocuments[Kind]
}

interface RuleKind<Kind extends RuleDocumentKind> {
  /** What people call it. */
  readonly title: string
  /** The names of its members: a file is known by them. */
  readonly fields: ReadonlySet<string>
  readonly check: (
    document: unknown,
    known?: KnownNames,
  ) => {
    /** Null where it has an error. */
    readonly checked: CheckedOf<Kind> | null
    readonly findings: readonly Finding[]
  }
}

const KINDS: { readonly [Kind in RuleDocumentKind]: RuleKind<Kind> } = {
  'contact-policy': ruleKind('contact-policy', {
    title: 'the contact policy',
    schema: contactPolicySchema,
    check: (document, known) => {
      const { policy, findings } = checkContactPolicy(document, known)
      return { document: policy, findings }
    },
  }),
  arbitration: ruleKind('arbitration', {
    title: 'the arbitration rules',
    schema: arbitrationRulesSchema,
    check: (document, known) => {
      const { rules, findings } = checkArbitrationRules(document, known)
      return { document: rules, findings }
    },
  }),
  lifecycle: ruleKind('lifecycle', {
    title: 'the lifecycle rules',
    schema: lifecycleDocumentSchema,
    check: checkLifecycle,
  }),
  identity: ruleKind('identity', {
    title: 'the identity rules',
    schema: identityRulesSchema,
    check: checkIdentityRules,
  }),
  retention: ruleKind('retention', {
    title: 'the retention rules',
    schema: retentionRulesSchema,
    check: checkRetention,
  }),
  'case-rules': ruleKind('case-rules', {
    title: 'the case rules',
    schema: caseRulesSchema,
    check: checkCaseRules,
  }),
  'tracking-plan': ruleKind('tracking-plan', {
    title: 'the tracking plan',
    schema: trackingPlanSchema,
    check: checkTrackingPlan,
  }),
  'fact-rules': ruleKind('fact-rules', {
    title: 'the fact rules',
    schema: factRulesSchema,
    check: checkFactRules,
  }),
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

/**
 * Checks a document of this kind from outside: it without errors, or null, and everything that is
 * to be said about it. Never throws.
 */
export function checkRules(
  kind: RuleDocumentKind,
  document: unknown,
  known?: KnownNames,
): { readonly checked: CheckedRules | null; readonly findings: readonly Finding[] } {
  return KINDS[kind].check(document, known)
}

/** All of a document that says anything to anybody but an editor. Its hash is the version's. */
export function ruleContent(document: RuleDocument): object {
  const { $schema: _, ...content } = document
  return content
}

function ruleKind<Kind extends RuleDocumentKind>(
  kind: Kind,
  {
    title,
    schema,
    check,
  }: {
    readonly title: string
    readonly schema: { readonly shape: object }
    readonly check: (
      document: unknown,
      known?: KnownNames,
    ) => {
      readonly document: RuleDocuments[Kind] | null
      readonly findings: readonly Finding[]
    }
  },
): RuleKind<Kind> {
  return {
    title,
    fields: new Set(Object.keys(schema.shape)),
    check: (unchecked, known) => {
      const { document, findings } = check(unchecked, known)
      return { checked: document === null ? null : { kind, document }, findings }
    },
  }
}
