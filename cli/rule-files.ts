import type { ContactPolicy } from '../domain/contact/policy.ts'
import type { ArbitrationRules } from '../domain/decisioning/arbitration-rules.ts'
import {
  checkRules,
  kindOf,
  RULE_DOCUMENT_KINDS,
  ruleTitle,
  type CheckedRules,
  type RuleDocumentKind,
} from '../domain/rule-documents.ts'
import { renderChecked } from './commands/check.ts'
import { note, type Context } from './context.ts'
import { FaultyFiles, usageFailure } from './failures.ts'
import { placed, readJourneyFiles, type JourneyFile, type PlacedFinding } from './journey-files.ts'

/** What is to be said about a file of rules. */
export interface RuleFile extends Pick<JourneyFile, 'file' | 'text' | 'definition' | 'placeOf'> {
  readonly kind: RuleDocumentKind
  /** Null where the file has an error. */
  readonly checked: CheckedRules | null
  readonly findings: readonly PlacedFinding[]
}

/**
 * Files of rules, checked as the server would when they are published. Which kind they are is read
 * off what they name, where `kind` does not say it.
 *
 * @throws {CommandFailure} a file is not there, or nobody can say which kind it is
 */
export async function readRuleFiles(
  paths: readonly string[],
  kind?: RuleDocumentKind,
): Promise<RuleFile[]> {
  return (await readJourneyFiles(paths)).map((read) => checkFile(read, kind))
}

function checkFile(read: JourneyFile, wanted: RuleDocumentKind | undefined): RuleFile {
  const { file, text, definition, placeOf } = read
  const kind = wanted ?? kindOf(definition)
  if (kind === null && definition !== undefined)
    throw usageFailure(
      `Nobody can say which rules ${file} holds. Say --kind ${RULE_DOCUMENT_KINDS.join(' or --kind ')}.`,
    )
  const common = { file, text, definition, placeOf, kind: kind ?? 'contact-policy' }
  if (definition === undefined) return { ...common, checked: null, findings: read.findings }
  const { checked, findings } = checkRules(common.kind, definition)
  const all = [...read.findings, ...placed(read, findings)]
  const isSound = all.every(({ severity }) => severity !== 'error')
  return { ...common, checked: isSound ? checked : null, findings: all }
}

/** All findings in files of rules, and a last line that counts them. */
export const renderRuleFiles = (stream: Context['stdout'], files: readonly RuleFile[]): string =>
  renderChecked(
    stream,
    files.map((file) => ({ ...file, name: ruleTitle(file.kind) })),
  )

export interface RuleDraftOptions {
  readonly contactPolicy?: string
  readonly arbitration?: string
}

/**
 * Drafts of rules in the files that options name.
 *
 * @throws {FaultyFiles} after the findings are shown, where one has an error
 */
export async function readRuleDrafts(
  context: Context,
  options: RuleDraftOptions,
): Promise<{ contactPolicy?: ContactPolicy; arbitration?: ArbitrationRules }> {
  const files = [
    ...(await readGiven(options.contactPolicy, 'contact-policy')),
    ...(await readGiven(options.arbitration, 'arbitration')),
  ]
  if (files.some(({ checked }) => checked === null)) {
    note(context, renderRuleFiles(context.stderr, files))
    throw new FaultyFiles(
      files.flatMap(({ findings }) => findings),
      'The rules have errors.',
    )
  }
  let drafts: { contactPolicy?: ContactPolicy; arbitration?: ArbitrationRules } = {}
  for (const { checked } of files) {
    if (checked?.kind === 'contact-policy') drafts = { ...drafts, contactPolicy: checked.document }
    if (checked?.kind === 'arbitration') drafts = { ...drafts, arbitration: checked.document }
  }
  return drafts
}

const readGiven = async (file: string | undefined, kind: RuleDocumentKind): Promise<RuleFile[]> =>
  file === undefined ? [] : readRuleFiles([file], kind)
