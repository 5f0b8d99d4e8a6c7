import type { Finding } from '../errors.ts'
import { bounded } from '../journeys/bounded-findings.ts'
import { limitFindings } from '../journeys/definition-limits.ts'
import { LIFECYCLE_STATES, type LifecycleState } from '../journeys/journey.ts'
import type { KnownNames } from '../journeys/known-names.ts'
import { unknownNames, type Mention } from '../journeys/name-findings.ts'
import { membersOf } from '../journeys/readable.ts'
import { schemaFindings, withoutFields } from '../journeys/schema-findings.ts'
import { child } from '../json-pointer.ts'
import { durationMs, parseDurationProblem } from '../time.ts'
import { compileLifecycle } from './compile-lifecycle.ts'
import { lifecycleDocumentSchema } from './lifecycle-document.schema.ts'
import type { LifecycleDocument } from './lifecycle-document.ts'

export interface CheckedLifecycle {
  /** Null when there is an error among the findings: such rules cannot be published. */
  readonly document: LifecycleDocument | null
  readonly findings: readonly Finding[]
}

/**
 * Checks lifecycle rules from outside. Those that pass are total (one state for every customer at every
 * instant) and free of flicker (between two events no state comes back). Never throws.
 *
 * `known`: what a store has seen. Without it nothing is said about events that nobody has sent yet.
 */
export function checkLifecycle(document: unknown, known?: KnownNames): CheckedLifecycle {
  const limits = limitFindings(document)
  if (limits.length > 0) return { document: null, findings: limits }
  const { data, error } = lifecycleDocumentSchema.safeParse(document)
  const shape = schemaFindings(lifecycleDocumentSchema, error?.issues ?? [], document)
  const readable = membersOf(data ?? withoutFields(document, shape.unknownFields))
  const durations = DURATIONS.flatMap((path) => durationFindings(path, readable))
  const findings = [
    ...shape.findings,
    ...durations,
    ...(data === undefined || durations.length > 0 ? [] : soundFindings(data)),
    ...(known === undefined
      ? []
      : unknownNames({ mentions: mentionsIn(readable), properties: [] }, known)),
  ]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return { document: isSound ? (data ?? null) : null, findings: bounded(findings) }
}

const DURATIONS = [
  ['newFor'],
  ['waitingAfter'],
  ['atRiskAfter'],
  ['lostAfter'],
  ['repeater', 'within'],
  ['hero', 'within'],
  ['hero', 'engagedWithin'],
  ['holdFor'],
  ['hibernateAfter'],
] as const

function durationFindings(names: readonly string[], readable: Record<string, unknown>): Finding[] {
  const value = names.reduce<unknown>((part, name) => membersOf(part)[name], readable)
  const message = typeof value === 'string' ? parseDurationProblem(value) : null
  const path = names.reduce(child, '')
  return message === null ? [] : [{ code: 'bad_duration', path, message, severity: 'error' }]
}

const soundFindings = (document: LifecycleDocument): Finding[] => [
  ...silenceFindings(document),
  ...titleFindings(document),
  ...priorityFindings(document.priority),
]

/** With the preset's numbers in the place of what is not said. */
function silenceFindings(document: LifecycleDocument): Finding[] {
  const rules = compileLifecycle(document, 0)
  const order = ['waitingAfter', 'atRiskAfter', 'lostAfter'] as const
  return order.slice(1).flatMap((name, index): Finding[] => {
    const sooner = order[index] ?? name
    if (durationMs(rules[sooner]) < durationMs(rules[name])) return []
    return [
      {
        code: 'silence_out_of_order',
        path: child('', name in document ? name : sooner),
        message: `${sooner} is ${rules[sooner]} and ${name} is ${rules[name]}: ${sooner} must be the shorter one, or nobody is ever in the milder state.`,
        severity: 'error',
      },
    ]
  })
}

/** A hero who need not be a repeater would fall past it. */
function titleFindings(document: LifecycleDocument): Finding[] {
  const { repeater, hero } = compileLifecycle(document, 0)
  const isStricter =
    hero.purchases >= repeater.purchases &&
    durationMs(hero.within) / hero.purchases <= durationMs(repeater.within) / repeater.purchases
  if (isStricter) return []
  return [
    {
      code: 'hero_below_repeater',
      path: document.hero === undefined ? '/repeater' : '/hero',
      message: `A hero buys ${hero.purchases} times in ${hero.within}, which is less than the ${repeater.purchases} times in ${repeater.within} of a repeater; ask for more.`,
      severity: 'warning',
    },
  ]
}

/** Which state must stand before which. A silence that grows, a title that is lost, must never go back. */
const BEFORE: readonly (readonly [LifecycleState, LifecycleState, string])[] = [
  ['lost', 'at_risk', 'nobody would ever be lost'],
  ['at_risk', 'waiting', 'nobody would ever be at_risk'],
  ['waiting', 'occasional', 'no buyer would ever be waiting'],
  ['waiting', 'prospect', 'nobody without a purchase would ever be waiting'],
  ['hero', 'repeater', 'customers would turn from repeater to hero by doing nothing'],
  ['repeater', 'occasional', 'nobody would ever be a repeater'],
  ['new', 'prospect', 'nobody would ever be new'],
  ['ghost', 'new', 'nobody who has just come would be a ghost'],
]

function priorityFindings(priority: LifecycleDocument['priority']): Finding[] {
  if (priority === undefined) return []
  const path = '/priority'
  const missing = LIFECYCLE_STATES.filter((state) => !priority.includes(state))
  if (missing.length > 0 || priority.length > LIFECYCLE_STATES.length)
    return [
      {
        code: 'priority_incomplete',
        path,
        message: `The priority names each of the nine states once${missing.length === 0 ? '; one stands there twice' : `; ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`}.`,
        severity: 'error',
      },
    ]
  return BEFORE.filter(([one, other]) => priority.indexOf(one) > priority.indexOf(other)).map(
    ([one, other, otherwise]) => ({
      code: 'priority_out_of_order',
      path,
      message: `"${one}" must stand before "${other}": ${otherwise}.`,
      severity: 'error',
    }),
  )
}

function mentionsIn(readable: Record<string, unknown>): Mention[] {
  const lists = (['engagement', 'registration'] as const).flatMap((list) => {
    const names = readable[list]
    return Array.isArray(names)
      ? names.map((name: unknown, index) => ({ path: child(`/${list}`, index), name }))
      : []
  })
  const purchase = { path: '/purchase/event', name: membersOf(readable['purchase'])['event'] }
  return [purchase, ...lists].flatMap(({ path, name }) =>
    typeof name === 'string' ? [{ kind: 'event' as const, path, name }] : [],
  )
}
