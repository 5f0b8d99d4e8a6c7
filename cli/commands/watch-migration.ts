import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../answer.ts'
import { answerOf, inPath } from '../call.ts'
import type { Context, Output } from '../context.ts'
import { interrupted } from '../failures.ts'
import { createProgress } from '../progress.ts'
import { renderPairs, renderTable } from '../table.ts'

const POLL_MS = 1_000

/** How many people of a migration are how far. */
type People = Readonly<Partial<Record<string, number>>>

export interface ShownMigration {
  readonly migrationId: string
  readonly journey: string
  readonly from: number
  readonly to: number
  readonly canary: number
  readonly status: string
  readonly people: People
}

interface ShownProgress {
  readonly progress: readonly {
    readonly step: string | null
    readonly to: string | null
    readonly people: People
  }[]
  readonly left: readonly {
    readonly customerId: string
    readonly step: string | null
    readonly status: string
    readonly reason: string
  }[]
}

/** A migration with how far each step is. */
export async function showMigration(
  { connect, stdout }: Context,
  key: string,
  id: string,
): Promise<Answer & { readonly json: ShownMigration & ShownProgress }> {
  const { client } = connect()
  const found = await answerOf(
    client.v1.journeys[':key'].migrations[':id'].$get({
      param: { key: inPath(key), id: inPath(id) },
    }),
  )
  return {
    json: found,
    text: () =>
      [renderMigration(stdout, found), renderSteps(stdout, found), whatNext(found)]
        .filter((part) => part !== '')
        .join('\n\n'),
  }
}

/**
 * Shows how far a migration is until nobody is on the way any more; then what became of it. Ctrl-C
 * ends the watching, not the migration.
 */
export async function watchMigration(context: Context, key: string, id: string): Promise<Answer> {
  const progress = createProgress(context.stderr)
  try {
    for (;;) {
      const answer = await showMigration(context, key, id)
      const { status, people } = answer.json
      if (status !== 'running' && status !== 'undoing') return answer
      const all = sumOf(people)
      const onTheWay = sumOf({
        waiting: people['waiting'],
        asked: people['asked'],
        recalled: people['recalled'],
      })
      progress.show(all === 0 ? 1 : 1 - onTheWay / all, countsOf(people))
      await sleep(POLL_MS, undefined, { signal: context.signal })
    }
  } catch (error) {
    if (!context.signal.aborted) throw error
    throw interrupted(
      `Not watched any more; the migration goes on by itself. To end it: rumbo journeys migrations pause ${key} ${id}`,
    )
  } finally {
    progress.end()
  }
}

/** A canary that is out waits for somebody to say how it goes on. */
const whatNext = ({ migrationId, journey, canary, status }: ShownMigration): string => {
  if (status !== 'paused' || canary === 1) return ''
  const command = (verb: string): string =>
    `rumbo journeys migrations ${verb} ${journey} ${migrationId}`
  return `To let more follow: ${command('resume')} --canary 1\nTo bring them back:  ${command('undo')}`
}

/** What a migration is about, and how many people are how far. */
export const renderMigration = (
  stream: Output,
  { migrationId, journey, from, to, canary, status, people }: ShownMigration,
): string =>
  renderPairs(stream, [
    ['migration', migrationId],
    ['moves', `${journey}@${from} → ${journey}@${to}`],
    ['share', shareText(canary)],
    ['status', status],
    ['customers', countsOf(people)],
  ])

function renderSteps(stream: Output, { progress, left }: ShownProgress): string {
  return [
    renderTable(
      stream,
      ['on step', 'goes to', 'customers'],
      progress.map(({ step, to, people }) => [step, to, countsOf(people)]),
    ),
    renderTable(
      stream,
      ['left where they were', 'on step', 'status', 'reason'],
      left.map(({ customerId, step, status, reason }) => [customerId, step, status, reason]),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

const countsOf = (people: People): string => {
  const counts = Object.entries(people).filter(([, count]) => (count ?? 0) > 0)
  return counts.length === 0
    ? 'nobody'
    : counts.map(([status, count]) => `${count} ${status}`).join(', ')
}

/** `12.5%`. */
export const shareText = (share: number): string => `${Math.round(share * 1000) / 10}%`

const sumOf = (people: People): number =>
  Object.values(people).reduce<number>((total, count) => total + (count ?? 0), 0)
