import { Argument, Option, type Command } from 'commander'
import { RULE_DOCUMENT_KINDS, type RuleDocumentKind } from '../../domain/rule-documents.ts'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage } from '../call.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { acting, command, wholeNumber, type Commands, type JsonOption } from '../options.ts'
import { withServerFindings } from '../journey-files.ts'
import { readRuleFiles, renderRuleFiles, type RuleFile } from '../rule-files.ts'
import type { Server } from '../server.ts'
import { renderChanges } from '../show-diff.ts'
import { instantText, listAnswer, renderTable } from '../table.ts'

/** Looking at the rules that stand beside the journeys. */

interface CheckOptions extends JsonOption {
  readonly kind?: RuleDocumentKind
  readonly server?: boolean
}

export const kindOption = (): Option =>
  new Option('--kind <kind>', 'which rules a file holds, where that is not plain').choices(
    RULE_DOCUMENT_KINDS,
  )
export const kindArgument = (): Argument =>
  new Argument('<kind>', 'which rules').choices(RULE_DOCUMENT_KINDS)

/** The calls of the server about rules of a kind. */
export const callsOf = ({ client: { v1 } }: Server, kind: RuleDocumentKind) =>
  ({
    'contact-policy': v1['contact-policy'],
    arbitration: v1.arbitration,
    lifecycle: v1.lifecycle,
    retention: v1.retention,
    'case-rules': v1['case-rules'],
    identity: v1.identity,
    'tracking-plan': v1['tracking-plan'],
    'fact-rules': v1['fact-rules'],
  })[kind]

export function addRuleCommands(parent: Command, commands: Commands): void {
  command(parent, 'check', {
    summary: 'say everything that is wrong with files of rules; works without a server',
    examples: [
      'rumbo rules check contact-policy.json arbitration.json',
      'rumbo rules check contact-policy.json --server --json',
    ],
  })
    .argument(
      '<file...>',
      'contact policies, arbitration, lifecycle, identity, retention, case and fact rules, tracking plans (.json, or .ts)',
    )
    .addOption(kindOption())
    .option('--server', 'ask the server too: it knows events, traits and journeys')
    .action(
      acting(commands, (context, [paths]: [string[]], options: CheckOptions) =>
        check(context, paths, options),
      ),
    )

  command(parent, 'show', {
    summary: 'show the rules in force, or a version of them, as a file would hold them',
    examples: [
      'rumbo rules show contact-policy > contact-policy.json',
      'rumbo rules show arbitration --version 2 --json',
    ],
  })
    .addArgument(kindArgument())
    .option('--version <n>', 'this version', wholeNumber(1))
    .action(
      acting(
        commands,
        (context, [kind]: [RuleDocumentKind], { version }: JsonOption & { version?: number }) =>
          show(context, kind, version),
      ),
    )

  command(parent, 'versions', {
    summary: 'list the versions of rules, the newest first',
    examples: ['rumbo rules versions contact-policy'],
  })
    .addArgument(kindArgument())
    .action(acting(commands, (context, [kind]: [RuleDocumentKind]) => versions(context, kind)))

  command(parent, 'diff', {
    summary: 'show what is different between two versions of rules',
    examples: ['rumbo rules diff contact-policy --from 1 --to 2'],
  })
    .addArgument(kindArgument())
    .requiredOption('--from <n>', 'the version to start from', wholeNumber(1))
    .requiredOption('--to <n>', 'the version to compare it with', wholeNumber(1))
    .action(
      acting(
        commands,
        (context, [kind]: [RuleDocumentKind], options: JsonOption & { from: number; to: number }) =>
          diff(context, kind, options),
      ),
    )

  command(parent, 'matrix', {
    summary: 'show what the contact matrix does, with how many customers are in each group',
    examples: ['rumbo rules matrix'],
  }).action(acting(commands, (context) => matrix(context)))
}

async function check(
  context: Context,
  paths: readonly string[],
  { kind, server = false }: CheckOptions,
): Promise<Answer> {
  const read = await readRuleFiles(paths, kind)
  const files = server ? await checkOnServer(context.connect(), read) : read
  const ok = files.every(({ checked }) => checked !== null)
  return {
    json: {
      ok,
      files: files.map((file) => ({
        file: file.file,
        kind: file.kind,
        ok: file.checked !== null,
        findings: file.findings,
      })),
    },
    text: () => renderRuleFiles(context.stdout, files),
    exitCode: ok ? EXIT.ok : EXIT.refused,
  }
}

/** The same files with what the server adds, which knows what was stored and which journeys are live. */
export async function checkOnServer(
  server: Server,
  files: readonly RuleFile[],
): Promise<RuleFile[]> {
  return Promise.all(
    files.map(async (file) => {
      if (file.definition === undefined) return file
      const { ok, findings } = await answerOf(
        callsOf(server, file.kind).check.$post({ json: file.definition }),
      )
      return {
        ...file,
        findings: withServerFindings(file, findings),
        checked: ok ? file.checked : null,
      }
    }),
  )
}

async function show(
  context: Context,
  kind: RuleDocumentKind,
  version: number | undefined,
): Promise<Answer> {
  const calls = callsOf(context.connect(), kind)
  const found = await answerOf(
    version === undefined
      ? calls.$get()
      : calls.versions[':version'].$get({ param: { version: String(version) } }),
  )
  return { json: found, text: () => JSON.stringify(found.document, null, 2) }
}

async function versions(context: Context, kind: RuleDocumentKind): Promise<Answer> {
  const calls = callsOf(context.connect(), kind)
  const data = await everyPage((query) => answerOf(calls.versions.$get({ query })))
  return listAnswer(context, data, {
    none: 'None was published.',
    head: ['version', 'published', 'hash', 'note'],
    row: ({ version, publishedAt, hash, note }) => [
      version,
      publishedAt === null ? null : instantText(publishedAt),
      hash.slice(0, 12),
      note,
    ],
  })
}

async function diff(
  context: Context,
  kind: RuleDocumentKind,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Answer> {
  const found = await answerOf(
    callsOf(context.connect(), kind).diff.$get({ query: { from: String(from), to: String(to) } }),
  )
  return { json: found, text: () => renderChanges(context.stdout, found.changes) }
}

async function matrix({ connect, stdout }: Context): Promise<Answer> {
  const table = await answerOf(connect().client.v1['contact-policy'].matrix.$get())
  const [first] = table.rows
  return {
    json: table,
    text: () =>
      renderTable(
        stdout,
        [
          'group',
          'customers',
          ...(first?.cells ?? []).map((cell) => `${cell.class}/${cell.channel}`),
        ],
        table.rows.map(({ group, customers, cells }) => [
          group ?? 'no group',
          customers,
          ...cells.map((cell) => (typeof cell.do === 'string' ? cell.do : `→ ${cell.do.replace}`)),
        ]),
      ),
  }
}
