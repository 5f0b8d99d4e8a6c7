import { painter, type Output } from './context.ts'

export interface Change {
  readonly path: string
  readonly from?: unknown
  readonly to?: unknown
}
interface Parts<Changed> {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly Changed[]
}

/** One value that is different, under its place. */
export function changeLines(stream: Output, { path, from, to }: Change): string[] {
  const paint = painter(stream)
  return [
    `    ${path}`,
    ...(from === undefined ? [] : [paint('red', `      - ${JSON.stringify(from)}`)]),
    ...(to === undefined ? [] : [paint('green', `      + ${JSON.stringify(to)}`)]),
  ]
}

/** What is different, part by part, each value under its place. */
export function renderDiff(
  stream: Output,
  {
    steps,
    messages,
    settings,
  }: {
    readonly steps: Parts<{ readonly step: string; readonly changes: readonly Change[] }>
    readonly messages: Parts<{ readonly message: string; readonly changes: readonly Change[] }>
    readonly settings: readonly Change[]
  },
): string {
  const paint = painter(stream)
  const values = (change: Change): string[] => changeLines(stream, change)
  const part = (
    what: string,
    { added, removed, changed }: Parts<{ name: string; changes: readonly Change[] }>,
  ): string[] => [
    ...added.map((name) => paint('green', `  + ${what} ${name}`)),
    ...removed.map((name) => paint('red', `  - ${what} ${name}`)),
    ...changed.flatMap(({ name, changes }) => [
      paint('yellow', `  ~ ${what} ${name}`),
      ...changes.flatMap(values),
    ]),
  ]
  const lines = [
    ...part('step', {
      ...steps,
      changed: steps.changed.map(({ step, changes }) => ({ name: step, changes })),
    }),
    ...part('message', {
      ...messages,
      changed: messages.changed.map(({ message, changes }) => ({ name: message, changes })),
    }),
    ...(settings.length === 0
      ? []
      : [paint('yellow', '  ~ settings'), ...settings.flatMap(values)]),
  ]
  return lines.length === 0 ? 'They do the same to everybody.' : lines.join('\n')
}

/** Values that are others now, each under its place. */
export const renderChanges = (stream: Output, changes: readonly Change[]): string =>
  changes.length === 0
    ? 'They say the same.'
    : changes.flatMap((change) => changeLines(stream, change)).join('\n')
