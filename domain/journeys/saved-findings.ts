import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import type { JourneyParts } from './journey-parts.ts'
import { specOf } from './steps/registry.schema.ts'

/** What CEL and Liquid can both write after `answers.`. */
const IDENTIFIER = /^[A-Za-z_]\w*$/

/** What is wrong with the names under which steps save answers from outside. */
export function savedFindings({ steps }: JourneyParts): Finding[] {
  const saved = [...steps].flatMap(([id, step]) =>
    step === null
      ? []
      : (specOf(step).saves?.(step) ?? []).map((name) => ({
          path: `${child('/steps', id)}/saveAs`,
          name,
        })),
  )
  const findings: Finding[] = []
  for (const [index, { path, name }] of saved.entries()) {
    if (!IDENTIFIER.test(name))
      findings.push({
        code: 'bad_name',
        path,
        message: `Conditions cannot write answers.${name}; use letters, digits and "_", with no digit first.`,
        severity: 'error',
      })
    if (saved.findIndex((other) => other.name === name) < index)
      findings.push({
        code: 'duplicate_id',
        path,
        message: `Another step saves its answer as "${name}" already; give each its own name.`,
        severity: 'error',
      })
  }
  return findings
}
