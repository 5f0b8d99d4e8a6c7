import { endWatch } from '../db/audience-watches.ts'
import { AUDIENCES } from '../db/audiences.ts'
import { readKnownNames } from '../db/known-names.ts'
import { findFormulas } from '../db/rule-documents.ts'
import { audienceContent, audienceTitle, type Audience } from '../domain/audiences/audience.ts'
import { checkAudience } from '../domain/audiences/check-audience.ts'
import { missingFacts } from '../domain/facts/missing-facts.ts'
import {
  publishDocument,
  type DocumentKind,
  type PublishDocumentDeps,
  type PublishDocumentInput,
  type PublishedDocument,
} from './publish-document.ts'

const AUDIENCE: DocumentKind<Audience> = {
  name: 'audience',
  rows: AUDIENCES,
  check: async (sent, db) => {
    const { audience } = checkAudience(sent)
    // What the store has seen only adds advice, which nobody reads where the audience is published.
    const known = audience === null ? await readKnownNames(db) : undefined
    return { document: audience, findings: checkAudience(sent, known).findings }
  },
  content: audienceContent,
  title: audienceTitle,
  misfits: async (trx, audience) =>
    missingFacts({ journeys: [], audiences: [audience] }, await findFormulas(trx)),
  follow: async (trx, { key, watch }) => {
    // One that is watched no more has no members left.
    if (watch === undefined) await endWatch(trx, key)
  },
}

/** Publishes an audience, as `publishDocument` does. */
export const publishAudience = (
  deps: PublishDocumentDeps,
  input: PublishDocumentInput,
): Promise<PublishedDocument<Audience>> => publishDocument(deps, AUDIENCE, input)
