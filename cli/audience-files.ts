import type { Audience } from '../domain/audiences/audience.ts'
import { checkAudience } from '../domain/audiences/check-audience.ts'
import { answerOf } from './call.ts'
import { readDocumentFiles, type DocumentFile } from './document-files.ts'
import { withServerFindings } from './journey-files.ts'
import type { Server } from './server.ts'

/** Files of audiences, as `readDocumentFiles` reads them. */
export const readAudienceFiles = (paths: readonly string[]): Promise<DocumentFile<Audience>[]> =>
  readDocumentFiles(paths, (definition) => {
    const { audience, findings } = checkAudience(definition)
    return { document: audience, findings }
  })

/** The same files with what the server adds, which knows which events and traits there are. */
export async function checkAudiencesOnServer(
  { client }: Server,
  files: readonly DocumentFile<Audience>[],
): Promise<DocumentFile<Audience>[]> {
  return Promise.all(
    files.map(async (file) => {
      if (file.definition === undefined) return file
      const { ok, findings } = await answerOf(
        client.v1.audiences.check.$post({ json: file.definition }),
      )
      return {
        ...file,
        findings: withServerFindings(file, findings),
        document: ok ? file.document : null,
      }
    }),
  )
}
