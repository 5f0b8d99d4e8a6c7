import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { confirm, note, painter, type Context } from '../context.ts'
import { areSound, type DocumentFile } from '../document-files.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure } from '../failures.ts'
import type { JsonOption } from '../options.ts'
import type { Server } from '../server.ts'
import { renderChecked } from './check.ts'

/** What commands of the kinds of documents under keys have in common. */

interface Keyed {
  readonly key: string
}

export interface PublishOptions extends JsonOption {
  readonly note?: string
  readonly yes?: boolean
  readonly dryRun?: boolean
}

/** Files of such documents; `plural` is what people call them. */
export const filesArgument = (parent: Command, plural: string): Command =>
  parent.argument(
    '<file...>',
    `${plural} (.json, or .ts with a default export), or folders of them`,
  )

export const publishOptions = (parent: Command): Command =>
  parent
    .option('--note <text>', 'why; kept with the version')
    .option('--yes', 'do it without asking; needed where there is no terminal')
    .option('--dry-run', 'show what would be published and end')

/** What is to be said about files. */
export const verdict = (
  { stdout }: Pick<Context, 'stdout'>,
  files: readonly DocumentFile<Keyed>[],
): Answer => {
  const ok = areSound(files)
  return {
    json: {
      ok,
      files: files.map(({ file, document, findings }) => ({
        file,
        key: document?.key ?? null,
        ok: document !== null,
        findings,
      })),
    },
    text: () =>
      renderChecked(
        stdout,
        files.map((file) => ({ ...file, name: file.document?.key ?? '' })),
      ),
    exitCode: ok ? EXIT.ok : EXIT.refused,
  }
}

/** A document that is to be published. */
export interface Planned<Document extends Keyed> {
  readonly document: Document
  /** The latest version when this was planned; publishing is refused where it is another by then. 0: none. */
  readonly base: number
}

/** Publishes one document. */
export type Put<Document> = (
  document: Document,
  query: { readonly base: string; readonly note?: string },
) => Promise<Published>

interface Published {
  readonly key: string
  readonly version: number
  readonly hash: string
}

interface Publication<Document extends Keyed> {
  readonly plan: readonly Planned<Document>[]
  /** The plan as people read it. */
  readonly shown: string
  readonly put: Put<Document>
}

/** Shows what would be published, asks, and publishes one after the other. */
export async function publishPlanned<Document extends Keyed>(
  context: Context,
  server: Server,
  { plan, shown, put }: Publication<Document>,
  { note: why, yes = false, dryRun = false }: PublishOptions,
): Promise<Answer> {
  const json = plan.map(({ document: { key }, ...planned }) => ({ key, ...planned }))
  if (dryRun) return { json: { plan: json, published: [] }, text: () => shown }
  note(context, `${shown}\n`)
  if (!(await confirm(context, `Publish to ${server.url}?`, yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was published.')
  const published: Published[] = []
  for (const { document, base } of plan) {
    const { key, version, hash } = await put(document, {
      base: String(base),
      ...(why === undefined ? {} : { note: why }),
    })
    published.push({ key, version, hash })
  }
  return {
    json: { plan: json, published },
    text: () =>
      published
        .map(({ key, version }) => `${painter(context.stdout)('green', '✓')} ${key}@${version}`)
        .join('\n'),
  }
}
