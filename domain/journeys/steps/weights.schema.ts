import { z } from 'zod'
import type { Finding } from '../../errors.ts'
import { weightProblem } from './weights.ts'

export const choiceIdSchema = z.string().min(1).max(64)
export const weightSchema = z.number().min(0).max(100)

/** What is wrong with the choices of a step that picks by weight. */
export function choiceFindings(
  path: string,
  choices: readonly { readonly id: string; readonly weight: number }[],
): Finding[] {
  const findings: Finding[] = []
  const problem = weightProblem(choices.map(({ weight }) => weight))
  if (problem !== null)
    findings.push({ code: 'bad_weights', path, message: problem, severity: 'error' })
  for (const [index, { id }] of choices.entries())
    if (choices.findIndex((other) => other.id === id) < index)
      findings.push({
        code: 'duplicate_id',
        path: `${path}/${index}/id`,
        message: `"${id}" is there twice; give each its own name.`,
        severity: 'error',
      })
  return findings
}
