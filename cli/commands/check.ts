import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { checkFiles, checkOnServer, type CheckedFile } from '../check-files.ts'
import { painter, type Context, type Output } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { readJourneyFiles, shownPath } from '../journey-files.ts'
import { acting, command, type Commands, type JsonOption } from '../options.ts'
import { renderFileFindings } from '../show-findings.ts'

interface CheckOptions extends JsonOption {
  readonly server?: boolean
}

export function addCheck(parent: Command, commands: Commands): void {
  command(parent, 'check', {
    summary: 'say everything that is wrong with journeys in files; works without a server',
    examples: [
      'rumbo journeys check examples/journeys/*.json',
      'rumbo journeys check journeys/ --server',
      'rumbo journeys check welcome.json --json',
    ],
  })
    .argument('<file...>', 'journeys (.json, or .ts with a default export), or folders of them')
    .option('--server', 'ask the server too: it knows which events and traits there are')
    .action(
      acting(commands, (context, [paths]: [string[]], options: CheckOptions) =>
        check(context, paths, options),
      ),
    )
}

async function check(
  context: Context,
  paths: readonly string[],
  { server = false }: CheckOptions,
): Promise<Answer> {
  const read = await readJourneyFiles(paths)
  const files = server ? await checkOnServer(context.connect(), read) : checkFiles(read)
  const ok = files.every(({ journey }) => journey !== null)
  return {
    json: { ok, files: files.map(toJson) },
    text: () => renderCheck(context.stdout, files),
    exitCode: ok ? EXIT.ok : EXIT.refused,
  }
}

/** A checked file as programs get it. */
export const toJson = ({ file, definition, journey, findings, effects }: CheckedFile) => ({
  file,
  key: journey?.key ?? keyIn(definition),
  ok: journey !== null,
  findings,
  effects,
})

const keyIn = (definition: unknown): unknown =>
  typeof definition === 'object' && definition !== null && 'key' in definition
    ? definition.key
    : null

/** All findings, and a last line that counts them. */
export const renderCheck = (stream: Output, files: readonly CheckedFile[]): string =>
  renderChecked(
    stream,
    files.map((file) => ({ ...file, name: file.journey?.key ?? '' })),
  )

/** The same of files of any kind; `name` is shown of those without a finding. */
export function renderChecked(
  stream: Output,
  files: readonly (Pick<CheckedFile, 'file' | 'text' | 'findings'> & { readonly name: string })[],
): string {
  const paint = painter(stream)
  const findings = files.flatMap((file) => file.findings)
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const warnings = findings.length - errors
  const sound = files.filter((file) => file.findings.length === 0)
  const what = files.length === 1 ? 'one file' : `${files.length} files`
  return [
    ...files.map((file) => renderFileFindings(stream, file)).filter((text) => text !== ''),
    [
      ...sound.map(({ file, name }) => `${paint('green', '✓')} ${shownPath(file)}  ${name}`),
      errors === 0
        ? paint(
            'green',
            `No errors in ${what}${warnings === 0 ? '' : `, ${counted(warnings, 'warning')}`}.`,
          )
        : paint(
            'red',
            `${counted(errors, 'error')} and ${counted(warnings, 'warning')} in ${what}.`,
          ),
    ].join('\n'),
  ].join('\n\n')
}

const counted = (count: number, what: string): string =>
  count === 1 ? `1 ${what}` : `${count} ${what}s`
