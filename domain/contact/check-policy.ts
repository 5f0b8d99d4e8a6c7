import { CONTACTS_MAX } from '../actor/customer-state.ts'
import { duplicateNames } from '../duplicate-names.ts'
import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import { bounded } from '../journeys/bounded-findings.ts'
import { findingsIn } from '../journeys/condition-findings.ts'
import { limitFindings } from '../journeys/definition-limits.ts'
import type { KnownNames } from '../journeys/known-names.ts'
import { messageFindings } from '../journeys/message-findings.ts'
import { countsIn, textsOf } from '../journeys/message-texts.ts'
import { isObject, membersOf } from '../journeys/readable.ts'
import { schemaFindings, withoutFields } from '../journeys/schema-findings.ts'
import { exclusionFindings } from './exclusion-findings.ts'
import { messagesNeeded } from './fatigue.ts'
import { fatigueFindings } from './fatigue-findings.ts'
import { matrixFindings } from './matrix-findings.ts'
import { contactPolicySchema } from './policy.schema.ts'
import type { ContactPolicy } from './policy.ts'
import { policyConditions } from './policy-conditions.ts'
import { policyNameFindings } from './policy-names.ts'
import { policyParts, type PolicyParts } from './policy-parts.ts'
import { policyValueFindings } from './policy-values.ts'
import { ruleOf } from './presets.ts'
import { weekFindings } from './week-findings.ts'

export interface CheckedPolicy {
  /** Null when there is an error among the findings: such a policy cannot be published. */
  readonly policy: ContactPolicy | null
  /** Everything that is wrong, not just the first thing; warnings too. */
  readonly findings: readonly Finding[]
}

/**
 * Checks a contact policy from outside, as `checkJourney` does a journey. Never throws: whatever is
 * wrong with it is a finding with a stable code (`docs/findings.md`), its place and what to do.
 *
 * `known`: what a store has seen. Without it nothing is said about names that nobody has used yet.
 */
export function checkContactPolicy(document: unknown, known?: KnownNames): CheckedPolicy {
  const limits = limitFindings(document)
  if (limits.length > 0) return { policy: null, findings: limits }
  const { data, error } = contactPolicySchema.safeParse(document)
  const shape = schemaFindings(contactPolicySchema, error?.issues ?? [], document)
  const parts = policyParts(data ?? withoutFields(document, shape.unknownFields))
  const findings = [
    ...shape.findings,
    ...nameFindings(document, parts),
    ...policyValueFindings(parts),
    ...capFindings(parts),
    ...fatigueFindings(parts),
    ...weekFindings(parts),
    ...matrixFindings(parts),
    ...exclusionFindings(parts),
    ...findingsIn(policyConditions(parts)),
    ...textFindings(parts),
    ...warmUpFindings(parts),
    ...(known === undefined ? [] : policyNameFindings(parts, known)),
  ]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return { policy: isSound ? (data ?? null) : null, findings: bounded(findings) }
}

/** Whatever a cap may still count, or a customer not have answered, is kept by every actor. */
function capFindings({ caps, fatigue }: PolicyParts): Finding[] {
  const sum = [
    ...caps.map(({ part }) => part.max),
    ...fatigue.map(({ part }) => messagesNeeded(part)),
  ].reduce((total, kept) => total + kept, 0)
  if (sum <= CONTACTS_MAX) return []
  return [
    {
      code: 'caps_too_large',
      path: caps.length === 0 ? '/fatigue' : '/caps',
      message: `All caps and rules of fatigue together count ${sum} messages, and an actor keeps ${CONTACTS_MAX} of them; count fewer, or leave one out.`,
      severity: 'error',
    },
  ]
}

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/
const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$/

function nameFindings(document: unknown, parts: PolicyParts): Finding[] {
  const { messages, capacities, warmUp } = membersOf(document)
  const { caps, fatigue, groups, exclusions, throttles } = parts
  const lists = [
    caps.map(({ path, part }) => ({ path: `${path}/name`, name: part.name })),
    fatigue.map(({ path, part }) => ({ path: `${path}/name`, name: part.name })),
    groups.map(({ path, part }) => ({ path: `${path}/name`, name: part.name })),
    exclusions.map(({ path, part }) => ({ path, name: ruleOf(part).name })),
    throttles.map(({ path, part }) => ({ path: `${path}/channel`, name: part.channel })),
  ]
  return [
    ...lists.flatMap(duplicateNames),
    ...badNames(
      '/messages',
      messages,
      NAME,
      'use 1 to 64 letters, digits, ".", "-" or "_", with a letter or digit first',
    ),
    ...badNames(
      '/capacities',
      capacities,
      NAME,
      'use 1 to 64 letters, digits, ".", "-" or "_", with a letter or digit first',
    ),
    ...badNames(
      '/warmUp',
      warmUp,
      DOMAIN,
      'write the domain that mails are sent from in small letters, such as news.example.com',
    ),
  ]
}

function badNames(path: string, map: unknown, form: RegExp, advice: string): Finding[] {
  if (!isObject(map)) return []
  return Object.keys(map)
    .filter((name) => !form.test(name))
    .map((name) => ({
      code: 'bad_name',
      path: child(path, name),
      message: `"${name}" cannot be a name here; ${advice}.`,
      severity: 'error',
    }))
}

function textFindings({ messages }: PolicyParts): Finding[] {
  const texts = { messages, steps: new Map() }
  const counting = textsOf(texts).filter(({ value }) => countsIn(value).length > 0)
  return [
    ...messageFindings(texts),
    ...counting.map(({ path }): Finding => ({
      code: 'count_not_kept',
      path,
      message:
        'A message of the policy belongs to no journey, so nobody keeps the counts that it would show; say it without.',
      severity: 'error',
    })),
  ]
}

/** A curve that falls lets fewer mails out on a day than the reputation would bear. */
function warmUpFindings({ warmUp }: PolicyParts): Finding[] {
  return warmUp.flatMap(({ path, part: { perDay } }) => {
    const day = perDay.findIndex((mails, index) => mails < (perDay[index - 1] ?? 0))
    return day === -1
      ? []
      : [
          {
            code: 'falling_curve',
            path: child(`${path}/perDay`, day),
            message: `Day ${day + 1} has fewer mails than the day before; a curve that warms up rises.`,
            severity: 'warning' as const,
          },
        ]
  })
}
