import type { Finding } from '../domain/errors.ts'
import { competitionFindings } from '../domain/journeys/competition-findings.ts'
import { checkJourney, type JourneyEffects } from '../domain/journeys/journey-problems.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { answerOf } from './call.ts'
import {
  placed,
  withServerFindings,
  type JourneyFile,
  type PlacedFinding,
} from './journey-files.ts'
import type { Server } from './server.ts'

/** What is to be said about one file. */
export interface CheckedFile extends Pick<JourneyFile, 'file' | 'text' | 'definition'> {
  /** Null where the file has an error. */
  readonly journey: Journey | null
  readonly findings: readonly PlacedFinding[]
  readonly effects: JourneyEffects
}

const NOTHING: JourneyEffects = { events: [], traits: [], channels: [] }

/**
 * Checks files as the server would when they are published, without one: each alone, whether two are
 * of one journey, and whether one would always win against another.
 */
export function checkFiles(files: readonly JourneyFile[]): CheckedFile[] {
  const keys = new Map<string, string>()
  const alone = files.map((read): CheckedFile => {
    const { file, text, definition } = read
    // Doubled names leave a definition, of which the author may have meant another part.
    if (definition === undefined)
      return { file, text, definition, journey: null, findings: read.findings, effects: NOTHING }
    const { journey, findings, effects } = checkJourney(definition)
    const all = [...read.findings, ...placed(read, findings), ...placed(read, sameKey(read, keys))]
    const isSound = all.every(({ severity }) => severity !== 'error')
    return { file, text, definition, journey: isSound ? journey : null, findings: all, effects }
  })
  return alone.map((checked, index) => {
    const [read, { journey }] = [files[index], checked]
    if (read === undefined || journey === null) return checked
    const others = alone.flatMap(({ journey: other }) =>
      other === null || other === journey ? [] : [other],
    )
    const more = placed(read, competitionFindings(journey, others))
    return { ...checked, findings: [...checked.findings, ...more] }
  })
}

/**
 * The same with what the server adds, which knows the names of recorded events and traits and the
 * other journeys.
 */
export async function checkOnServer(
  { client }: Server,
  files: readonly JourneyFile[],
): Promise<CheckedFile[]> {
  const checked = checkFiles(files)
  return Promise.all(
    checked.map(async (here, index) => {
      const read = files[index]
      if (read === undefined || here.definition === undefined) return here
      const there = await answerOf(client.v1.journeys.check.$post({ json: here.definition }))
      return {
        ...here,
        findings: withServerFindings({ ...read, findings: here.findings }, there.findings),
        journey: there.ok ? here.journey : null,
      }
    }),
  )
}

function sameKey({ file, definition }: JourneyFile, keys: Map<string, string>): Finding[] {
  const key = keyOf(definition)
  if (key === null) return []
  const other = keys.get(key)
  if (other === undefined) keys.set(key, file)
  return other === undefined
    ? []
    : [
        {
          code: 'same_key',
          path: '/key',
          message: `${other} is of journey "${key}" too; a journey stands in one file.`,
          severity: 'error',
        },
      ]
}

/** The key that a definition gives itself. */
export function keyOf(definition: unknown): string | null {
  if (typeof definition !== 'object' || definition === null) return null
  const { key } = definition as { key?: unknown }
  return typeof key === 'string' ? key : null
}
