import { LIFECYCLE_STATES } from '../../domain/journeys/journey.ts'
import type { answerOf } from '../call.ts'
import type { Output } from '../context.ts'
import type { Server } from '../server.ts'
import { renderTable } from '../table.ts'

/** What the server says about a draft of the lifecycle rules. */
export type LifecyclePreview = Awaited<
  ReturnType<
    typeof answerOf<Awaited<ReturnType<Server['client']['v1']['lifecycle']['preview']['$post']>>>
  >
>

/** From where to where customers would move, and whom live journeys would take for it. */
export function renderMoves(
  stream: Output,
  { customers, sample, moved, matrix, entries }: LifecyclePreview,
): string {
  const states = LIFECYCLE_STATES.filter((state) =>
    matrix.some(({ from, to }) => from === state || to === state),
  )
  const cell = (from: string, to: string) =>
    matrix.find((way) => way.from === from && way.to === to)?.customers ?? 0
  const lines = [
    `${moved} of ${customers} customers would move${sample < 1 ? ` (of a sample of ${sample})` : ''}.`,
    renderTable(
      stream,
      ['from \\ to', ...states],
      states.map((from) => [from, ...states.map((to) => cell(from, to))]),
    ),
    ...entries
      .filter((entry) => entry.customers > 0)
      .map(
        (entry) =>
          `${entry.customers} would come into a state that ${entry.journey} enters on; by default a change of rules lets nobody in.`,
      ),
  ]
  return lines.filter((line) => line !== '').join('\n')
}
