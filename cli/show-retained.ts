import type { RetentionRules } from '../domain/retention/retention-rules.ts'
import type { Output } from './context.ts'
import { renderTable } from './table.ts'

/** What a draft of retention rules would delete. */
export interface RetentionPreview {
  readonly events: readonly { readonly rule: number; readonly count: number }[]
  readonly mails: number
  readonly timeline: number
  readonly agentTasks: number
  readonly onsite: number
}

/** What a draft would delete now, line by line as it is written. */
export function renderRetained(
  stdout: Output,
  { rules = [], mails, timeline, agentTasks, onsite }: RetentionRules,
  preview: RetentionPreview,
): string {
  const countOf = (place: number): number =>
    preview.events.find(({ rule }) => rule === place)?.count ?? 0
  return renderTable(
    stdout,
    ['what', 'kept for', 'would be deleted now'],
    [
      ...rules.map(({ events, keepFor }, place) => [
        events === '*' ? 'all other events' : events.join(', '),
        keepFor,
        countOf(place),
      ]),
      ...(mails === undefined ? [] : [['mails', mails.keepFor, preview.mails]]),
      ...(timeline === undefined ? [] : [['timelines', timeline.keepFor, preview.timeline]]),
      ...(agentTasks === undefined ? [] : [['proposals', agentTasks.keepFor, preview.agentTasks]]),
      ...(onsite === undefined ? [] : [['messages of pages', onsite.keepFor, preview.onsite]]),
    ],
  )
}
