import { conditionReads } from '../conditions.ts'
import { isPersonalTrait } from '../customers/personal-traits.ts'
import type { Finding } from '../errors.ts'
import type { Placed } from '../journeys/journey-parts.ts'
import type { ExclusionPreset, ExclusionRule } from './policy.ts'
import type { PolicyParts } from './policy-parts.ts'
import { ruleOf } from './presets.ts'

/** What is wrong with exclusion rules, presets written out: no beginning, members at odds. */
export function exclusionFindings({ exclusions }: PolicyParts): Finding[] {
  return exclusions.flatMap((placed) => {
    const rule = ruleOf(placed.part)
    return [
      ...openingFindings(placed, rule),
      ...contradictions(placed.path, rule),
      ...beyondFindings(placed.path, rule),
      ...personalFindings(placed.path, rule),
      ...factFindings(placed.path, rule),
    ]
  })
}

function openingFindings(
  { path }: Placed<ExclusionRule | ExclusionPreset>,
  rule: ExclusionRule,
): Finding[] {
  if (rule.open !== undefined || rule.while !== undefined) return []
  return [
    {
      code: 'never_opens',
      path,
      message: `"${rule.name}" never comes into force; give it events that open it, "open", or a condition, "while".`,
      severity: 'error',
    },
  ]
}

/** A rule that blocks an address is judged where its event is stored, which knows nothing of formulas. */
function factFindings(path: string, { open = [], blocks }: ExclusionRule): Finding[] {
  if (blocks === undefined) return []
  return open.flatMap(({ when = 'true' }, index): Finding[] =>
    conditionReads(when).facts.map((name) => ({
      code: 'not_available',
      path: `${path}/open/${index}/when`,
      message: `A rule that blocks an address is judged when its event is stored, and cannot ask for the fact "${name}"; name what the event says.`,
      severity: 'error',
    })),
  )
}

type Member = Exclude<keyof ExclusionRule, 'name' | 'scope'>

/** Members that say nothing, or the opposite, beside another one. */
const AT_ODDS: readonly (readonly [Member, readonly Member[]])[] = [
  ['while', ['open', 'close', 'per', 'after', 'for', 'beyond', 'decay', 'blocks']],
  ['decay', ['for', 'beyond', 'after']],
  ['blocks', ['close', 'per', 'after', 'for', 'beyond', 'decay']],
  ['beyond', ['after']],
]

function contradictions(path: string, rule: ExclusionRule): Finding[] {
  return AT_ODDS.flatMap(([member, others]) =>
    rule[member] === undefined
      ? []
      : others
          .filter((other) => rule[other] !== undefined)
          .map((other) => ({
            code: 'contradictory_fields',
            path,
            message: `"${other}" does not go with "${member}" in one rule; take one of them out, or make two rules.`,
            severity: 'error' as const,
          })),
  )
}

function beyondFindings(path: string, { beyond }: ExclusionRule): Finding[] {
  if (beyond === undefined) return []
  const { max, deviations } = beyond
  if ((max === undefined) !== (deviations === undefined)) return []
  return [
    {
      code: max === undefined ? 'missing_field' : 'contradictory_fields',
      path: `${path}/beyond`,
      message:
        max === undefined
          ? 'How many are too many is missing; add "max", a number, or "deviations" from the mean.'
          : 'Too many is said twice; keep "max", a number, or "deviations" from the mean.',
      severity: 'error',
    },
  ]
}

/** What opens and closes a rule is judged on the engine, where no personal data comes. */
function personalFindings(path: string, { per, after, decay }: ExclusionRule): Finding[] {
  const named = [
    { path: `${path}/per`, name: per },
    {
      path: `${path}/after/property`,
      name: typeof after === 'object' ? after.property : undefined,
    },
    { path: `${path}/decay/property`, name: decay?.property },
  ]
  return named
    .filter(({ name }) => name !== undefined && isPersonalTrait(name))
    .map((each) => ({
      code: 'personal_trait',
      path: each.path,
      message: `"${each.name}" holds personal data, which never reaches the engine; name a property with an id or a number.`,
      severity: 'error',
    }))
}
