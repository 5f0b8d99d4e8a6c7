import type { Audience } from '../domain/audiences/audience.ts'
import { checkAudience } from '../domain/audiences/check-audience.ts'
import { answerOf } from './call.ts'
import { readJourneyFiles, type JourneyFile, type PlacedFinding } from './journey-files.ts'
import { placed } from './rule-files.ts'
import type { Server } from './server.ts'

/** What is to be said about a file of an audience. */
export interface AudienceFile extends Pick<
  JourneyFile,
  'file' | 'text' | 'definition' | 'placeOf'
> {
  /** Null where the file has an error. */
  readonly audience: Audience | null
  readonly findings: readonly PlacedFinding[]
}

/**
 * Files of audiences, checked as the server would when they are published.
 *
 * @throws {CommandFailure} a file is not there
 */
export async function readAudienceFiles(paths: readonly string[]): Promise<AudienceFile[]> {
  return (await readJourneyFiles(paths)).map((read) => {
    const { file, text, definition, placeOf } = read
    const common = { file, text, definition, placeOf }
    if (definition === undefined) return { ...common, audience: null, findings: read.findings }
    const { audience, findings } = checkAudience(definition)
    const all = [...read.findings, ...placed(read, findings)]
    const isSound = all.every(({ severity }) => severity !== 'error')
    return { ...common, audience: isSound ? audience : null, findings: all }
  })
}

/** The same files with what the server adds, which knows which events and traits there are. */
export async function checkAudiencesOnServer(
  { client }: Server,
  files: readonly AudienceFile[],
): Promise<AudienceFile[]> {
  return Promise.all(
    files.map(async (file) => {
      if (file.definition === undefined) return file
      const { ok, findings } = await answerOf(
        client.v1.audiences.check.$post({ json: file.definition }),
      )
      const known = new Set(file.findings.map(({ code, path }) => `${code} ${path}`))
      const more = findings.filter(({ code, path }) => !known.has(`${code} ${path}`))
      return {
        ...file,
        findings: [...file.findings, ...placed(file, more)],
        audience: ok ? file.audience : null,
      }
    }),
  )
}
