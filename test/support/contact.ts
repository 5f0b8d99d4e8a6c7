import type { ContactRules, ExclusionRule } from '../../domain/contact/policy.ts'
import { contactRules } from './contact-rules.ts'

/** A contact policy that holds these exclusion rules and nothing else. */
export const contactOf = (...exclusions: readonly ExclusionRule[]): ContactRules =>
  contactRules({ hash: `exclusions: ${exclusions.map(({ name }) => name).join(', ')}`, exclusions })
