import type { Finding } from '../errors.ts'
import { pointerTo } from '../json-pointer.ts'
import { bounded } from '../journeys/bounded-findings.ts'
import { limitFindings } from '../journeys/definition-limits.ts'
import { schemaFindings } from '../journeys/schema-findings.ts'
import { parseDurationProblem } from '../time.ts'
import { caseRulesSchema } from './case-rules.schema.ts'
import type { CaseRules } from './case-rules.ts'

export interface CheckedCaseRules {
  /** Null when there is an error among the findings: such rules cannot be published. */
  readonly document: CaseRules | null
  readonly findings: readonly Finding[]
}

/** Checks case rules from outside. Never throws. */
export function checkCaseRules(document: unknown): CheckedCaseRules {
  const limits = limitFindings(document)
  if (limits.length > 0) return { document: null, findings: limits }
  const { data, error } = caseRulesSchema.safeParse(document)
  const shape = schemaFindings(caseRulesSchema, error?.issues ?? [], document)
  const findings = [
    ...shape.findings,
    ...(data === undefined ? [] : [...durationFindings(data), ...codeFindings(data)]),
  ]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return { document: isSound ? (data ?? null) : null, findings: bounded(findings) }
}

function durationFindings({ types = {}, match, priority }: CaseRules): Finding[] {
  const durations: [path: string[], text: string | undefined][] = [
    ...Object.entries(types).map(([type, { answerWithin }]): [string[], string | undefined] => [
      ['types', type, 'answerWithin'],
      answerWithin,
    ]),
    [['match', 'within'], match?.within],
    [['priority', 'due', 'within'], priority?.due?.within],
  ]
  return durations.flatMap(([path, text]): Finding[] => {
    const message = text === undefined ? null : parseDurationProblem(text)
    if (message === null) return []
    return [{ code: 'bad_duration', path: pointerTo(path), message, severity: 'error' }]
  })
}

/** What one source means by a code is one type. */
function codeFindings({ types = {} }: CaseRules): Finding[] {
  const owners = new Map<string, string>()
  const findings: Finding[] = []
  for (const [type, { codes = {} }] of Object.entries(types))
    for (const [source, list] of Object.entries(codes))
      for (const [at, code] of list.entries()) {
        const key = JSON.stringify([source, code])
        const owner = owners.get(key)
        owners.set(key, owner ?? type)
        if (owner === undefined) continue
        findings.push({
          code: 'duplicate_code',
          path: pointerTo(['types', type, 'codes', source, at]),
          message: `"${code}" of ${source} means ${owner} already: a code means one type.`,
          severity: 'error',
        })
      }
  return findings
}
