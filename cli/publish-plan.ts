import { canonicalJson } from '../domain/canonical-json.ts'
import { diffJourneys, type JourneyDiff } from '../domain/journeys/diff.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { runContent } from '../domain/journeys/run-content.ts'
import { painter, type Output } from './context.ts'
import { shownPath } from './journey-files.ts'

/** A journey as it stands in a file, without errors. */
export interface LocalJourney {
  readonly file: string
  readonly journey: Journey
}

/** A journey as the server has it. */
export interface ServerJourney {
  readonly key: string
  /** What people call it now: a new title makes no version. */
  readonly title: string
  readonly latestVersion: number
  /** The version that takes new entries; null where it was closed or stopped. */
  readonly live: { readonly version: number; readonly definition: Journey } | null
}

/** What publishing would do to one journey. */
export interface PlannedJourney {
  readonly key: string
  /**
   * `reopened`: it is on the server, and no version of it takes entries. `retitled`: nothing that
   * shapes a run is different. `only_on_server`: live there, and not in the directory.
   */
  readonly action: 'new' | 'changed' | 'retitled' | 'unchanged' | 'reopened' | 'only_on_server'
  readonly file: string | null
  /** The version that takes entries now. */
  readonly liveVersion: number | null
  /** The newest version when this was planned; publishing is refused where it is another by then. 0: none. */
  readonly base: number
  readonly diff: JourneyDiff | null
}

/**
 * What publishing these would do, by key. With `isWholeTruth` the files are all that is to be live,
 * so journeys that are live without one are named too; nothing is ever done to them.
 */
export function planPublication(
  local: readonly LocalJourney[],
  onServer: readonly ServerJourney[],
  { isWholeTruth = false }: { readonly isWholeTruth?: boolean } = {},
): PlannedJourney[] {
  const known = new Map(onServer.map((journey) => [journey.key, journey]))
  const planned = local.map(({ file, journey }) => ({
    ...planOne(journey, known.get(journey.key)),
    file,
  }))
  const here = new Set(local.map(({ journey }) => journey.key))
  const others = isWholeTruth
    ? onServer
        .filter(({ key, live }) => live !== null && !here.has(key))
        .map(({ key, live, latestVersion }) => ({
          key,
          action: 'only_on_server' as const,
          file: null,
          liveVersion: live?.version ?? null,
          base: latestVersion,
          diff: null,
        }))
    : []
  return [...planned, ...others].toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

/** Whether publishing would do anything about it. */
export const isToPublish = ({ action }: PlannedJourney): boolean =>
  action !== 'unchanged' && action !== 'only_on_server'

function planOne(journey: Journey, there: ServerJourney | undefined): Omit<PlannedJourney, 'file'> {
  const { key } = journey
  if (there === undefined) return { key, action: 'new', liveVersion: null, base: 0, diff: null }
  const { live, title, latestVersion: base } = there
  if (live === null) return { key, action: 'reopened', liveVersion: null, base, diff: null }
  const same = canonicalJson(runContent(journey)) === canonicalJson(runContent(live.definition))
  if (!same)
    return {
      key,
      action: 'changed',
      liveVersion: live.version,
      base,
      diff: diffJourneys(live.definition, journey),
    }
  const action = (journey.title ?? key) === title ? 'unchanged' : 'retitled'
  return { key, action, liveVersion: live.version, base, diff: null }
}

const SIGNS = {
  new: ['+', 'green'],
  changed: ['~', 'yellow'],
  reopened: ['+', 'green'],
  retitled: ['~', 'yellow'],
  unchanged: ['=', 'dim'],
  only_on_server: ['?', 'cyan'],
} as const satisfies Record<PlannedJourney['action'], readonly [string, string]>

/** The plan, one journey a line, with what is different under it. */
export function renderPlan(stream: Output, plan: readonly PlannedJourney[]): string {
  const paint = painter(stream)
  const width = Math.max(0, ...plan.map(({ key }) => key.length))
  const count = plan.filter(isToPublish).length
  return [
    ...plan.flatMap((planned) => {
      const [sign, colour] = SIGNS[planned.action]
      const line = `  ${sign} ${planned.key.padEnd(width)}  ${whatOf(planned)}`
      return [paint(colour, line), ...changesOf(planned).map((change) => `      ${change}`)]
    }),
    '',
    count === 0
      ? 'Nothing to publish.'
      : `${count === 1 ? 'One journey' : `${count} journeys`} to publish.`,
  ].join('\n')
}

function whatOf({ action, base, liveVersion, file }: PlannedJourney): string {
  const from = file === null ? '' : `  (${shownPath(file)})`
  switch (action) {
    case 'new':
      return `new, becomes version 1${from}`
    case 'changed':
      return `version ${liveVersion} → ${base + 1}${from}`
    case 'reopened':
      return `takes no entries now; becomes version ${base + 1}${from}`
    case 'retitled':
      return `version ${liveVersion} stays, with another title${from}`
    case 'unchanged':
      return `unchanged, version ${liveVersion}${from}`
    case 'only_on_server':
      return `live on the server (version ${liveVersion}) and not in the directory; left as it is`
  }
}

function changesOf({ diff }: PlannedJourney): string[] {
  if (diff === null) return []
  const { steps, messages, settings } = diff
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['steps changed', steps.changed.map(({ step }) => step)],
    ['steps added', steps.added],
    ['steps removed', steps.removed],
    ['messages changed', messages.changed.map(({ message }) => message)],
    ['messages added', messages.added],
    ['messages removed', messages.removed],
    ['settings changed', settings.map(({ path }) => path)],
  ]
  return parts.flatMap(([name, list]) => (list.length === 0 ? [] : [`${name}: ${list.join(', ')}`]))
}
