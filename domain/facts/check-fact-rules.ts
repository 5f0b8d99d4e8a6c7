import { conditionReads, conditionType } from '../conditions.ts'
import type { Finding } from '../errors.ts'
import { pointerTo } from '../json-pointer.ts'
import { bounded } from '../journeys/bounded-findings.ts'
import { findingsIn } from '../journeys/condition-findings.ts'
import { limitFindings } from '../journeys/definition-limits.ts'
import type { ConditionPlace } from '../journeys/journey-conditions.ts'
import type { KnownNames } from '../journeys/known-names.ts'
import { conditionMentions, unknownFacts, unknownNames } from '../journeys/name-findings.ts'
import { membersOf } from '../journeys/readable.ts'
import { schemaFindings } from '../journeys/schema-findings.ts'
import { formulasReached } from './fact-reads.ts'
import { factRulesSchema } from './fact-rules.schema.ts'
import type { FactRules, Formulas } from './fact-rules.ts'

export interface CheckedFactRules {
  /** Null when there is an error among the findings: such rules cannot be published. */
  readonly document: FactRules | null
  readonly findings: readonly Finding[]
}

/**
 * Checks fact rules from outside. Never throws.
 *
 * `known`: what a store has seen. Without it nothing is said about names that nobody has used yet.
 */
export function checkFactRules(document: unknown, known?: KnownNames): CheckedFactRules {
  const limits = limitFindings(document)
  if (limits.length > 0) return { document: null, findings: limits }
  const { data, error } = factRulesSchema.safeParse(document)
  const formulas = readableFormulas(document)
  const places = Object.entries(formulas).map(placeOf)
  const mentions = places.flatMap(conditionMentions)
  const findings = [
    ...schemaFindings(factRulesSchema, error?.issues ?? [], document).findings,
    ...findingsIn(places),
    ...typeFindings(formulas),
    ...cycleFindings(formulas),
    // Facts are of one document: those that are in force now are not those that it calls.
    ...unknownFacts(mentions, new Set(Object.keys(formulas))),
    ...(known === undefined
      ? []
      : unknownNames(
          { mentions: mentions.filter(({ kind }) => kind !== 'fact'), properties: [] },
          known,
        )),
  ]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return { document: isSound ? (data ?? null) : null, findings: bounded(findings) }
}

/** Formulas that can be read, also where something else of their facts cannot. */
const readableFormulas = (document: unknown): Formulas =>
  Object.fromEntries(
    Object.entries(membersOf(membersOf(document)['facts'])).flatMap(([name, fact]) => {
      const { formula } = membersOf(fact)
      return typeof formula === 'string' ? [[name, formula]] : []
    }),
  )

const pathOf = (name: string): string => pointerTo(['facts', name, 'formula'])

const placeOf = ([name, source]: readonly [string, string]): ConditionPlace => ({
  path: pathOf(name),
  source,
  yields: 'value',
  event: null,
  seesEntry: false,
  seesAnswers: false,
})

/** A fact is one thing: something that can be shown, and compared with what is written in a condition. */
const TYPES: ReadonlySet<string> = new Set(['bool', 'int', 'double', 'string', 'timestamp'])

function typeFindings(formulas: Formulas): Finding[] {
  return Object.entries(formulas).flatMap(([name, formula]): Finding[] => {
    const type = conditionType(formula)
    if (type === null || type.startsWith('dyn') || TYPES.has(type)) return []
    return [
      {
        code: 'fact_type',
        path: pathOf(name),
        message: `A fact is a number, a text, a yes or no or an instant, and this is of type ${type}.`,
        severity: 'error',
      },
    ]
  })
}

function cycleFindings(formulas: Formulas): Finding[] {
  return Object.entries(formulas).flatMap(([name, formula]): Finding[] => {
    const { facts } = conditionReads(formula)
    if (!Object.hasOwn(formulasReached(facts, formulas), name)) return []
    return [
      {
        code: 'cyclic_fact',
        path: pathOf(name),
        message: `"${name}" is reckoned from itself${facts.includes(name) ? '' : ', by way of others'}; take one of the calls out.`,
        severity: 'error',
      },
    ]
  })
}
