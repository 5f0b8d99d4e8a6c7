import { z } from 'zod'
import { audienceSchema } from './audiences/audience.schema.ts'
import { contactPolicySchema } from './contact/policy.schema.ts'
import { lifecycleDocumentSchema } from './customers/lifecycle-document.schema.ts'
import { arbitrationRulesSchema } from './decisioning/arbitration-rules.schema.ts'
import { identityRulesSchema } from './customers/identity-rules.schema.ts'
import { journeySchema } from './journeys/journey.schema.ts'
import type { JsonObject } from './json.ts'
import { libraryMessageSchema } from './library/library-message.schema.ts'
import { factRulesSchema } from './facts/fact-rules.schema.ts'
import { caseRulesSchema } from './cases/case-rules.schema.ts'
import { retentionRulesSchema } from './retention/retention-rules.schema.ts'
import { trackingPlanSchema } from './tracking/tracking-plan.schema.ts'

const DOCUMENTS = {
  journey: {
    schema: journeySchema,
    title: 'Journey',
    description:
      'A line of contact with a customer: who enters it, what happens, and when it ends.',
  },
  audience: {
    schema: audienceSchema,
    title: 'Audience',
    description: 'Customers who have something in common, by a condition.',
  },
  message: {
    schema: libraryMessageSchema,
    title: 'Message',
    description: 'What is said on each channel, in each language, for any number of journeys.',
  },
  'contact-policy': {
    schema: contactPolicySchema,
    title: 'Contact policy',
    description: 'Who may be contacted, when and how often, over all journeys.',
  },
  arbitration: {
    schema: arbitrationRulesSchema,
    title: 'Arbitration rules',
    description: 'How journeys are weighed against each other.',
  },
  lifecycle: {
    schema: lifecycleDocumentSchema,
    title: 'Lifecycle rules',
    description: 'Which of nine states a customer is in.',
  },
  identity: {
    schema: identityRulesSchema,
    title: 'Identity rules',
    description: 'By what customers are found and united, and which value of a trait holds.',
  },
  retention: {
    schema: retentionRulesSchema,
    title: 'Retention rules',
    description: 'How long events, mails and timelines are kept.',
  },
  'case-rules': {
    schema: caseRulesSchema,
    title: 'Case rules',
    description: 'What service cases are about, which events make one, and which comes first.',
  },
  'fact-rules': {
    schema: factRulesSchema,
    title: 'Fact rules',
    description: 'What is known of a customer, by formula: scores, tiers, preferences.',
  },
  'tracking-plan': {
    schema: trackingPlanSchema,
    title: 'Tracking plan',
    description: 'What callers may send: JSON Schema by event and by trait.',
  },
} as const

/** What can be published. */
export type DocumentName = keyof typeof DOCUMENTS

/**
 * A document's language as JSON Schema 2020-12, made from the very schema that documents are read
 * with: an editor completes by it, and shows its descriptions. What only the checker can say (links,
 * conditions, durations) is not in it.
 */
export function schemaDocument(name: DocumentName): JsonObject {
  const { schema, title, description } = DOCUMENTS[name]
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  const document: object = {
    $schema,
    $id: `urn:rumbo:schema:${name}`,
    title,
    description,
    ...rest,
  }
  return document as JsonObject
}
