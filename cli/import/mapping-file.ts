import { usageFailure } from '../failures.ts'
import { lineAt, readJson } from '../places.ts'
import type { Mapping } from './mapping.ts'

/**
 * The mapping that a file holds: `{ "map": { … }, "set": { … }, "rest": …, "zone": … }`, each of
 * them optional.
 *
 * @throws {CommandFailure} naming everything that does not belong there
 */
export function readMappingFile(file: string, text: string): Partial<Mapping> {
  const { value, findings } = readJson(text)
  const [syntax] = findings
  if (syntax !== undefined)
    throw usageFailure(
      `${file}:${syntax.line}:${syntax.column} ${syntax.message}\n  ${lineAt(text, syntax).trim()}`,
    )
  const problems: string[] = []
  const given = isRecord(value) ? value : {}
  if (!isRecord(value)) problems.push('a mapping is a JSON object')
  for (const name of Object.keys(given))
    if (!['map', 'set', 'rest', 'zone'].includes(name))
      problems.push(`there is no "${name}" in a mapping; there are map, set, rest and zone`)
  for (const name of ['map', 'set'])
    if (given[name] !== undefined && !isTexts(given[name]))
      problems.push(`"${name}" is an object of texts`)
  const { rest, zone } = given
  if (rest !== undefined && rest !== 'properties' && rest !== 'traits')
    problems.push('"rest" is "properties" or "traits"')
  if (zone !== undefined && typeof zone !== 'string')
    problems.push('"zone" is a text such as "Europe/Madrid"')
  if (problems.length > 0) throw usageFailure(`${file} is no mapping: ${problems.join('; ')}.`)
  return given
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isTexts = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every((text) => typeof text === 'string')
