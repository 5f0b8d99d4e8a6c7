import type { Command } from 'commander'
import { MERGE_STATUSES, type MergeStatus } from '../../domain/customers/merge-status.ts'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import type { Context } from '../context.ts'
import { acting, command, oneOf, type Commands, type JsonOption } from '../options.ts'
import { instantText, listAnswer } from '../table.ts'

interface ListOptions extends JsonOption {
  readonly status?: readonly MergeStatus[]
}

export function addMergeCommands(parent: Command, commands: Commands): void {
  command(parent, 'list', {
    summary: 'list merges, newest first: who became part of whom, and what is held back and why',
    examples: ['rumbo merges list', 'rumbo merges list --status quarantined'],
  })
    .option('--status <status>', 'only those; repeatable', oneOf(MERGE_STATUSES))
    .action(
      acting(commands, (context, _args: [], { status }: ListOptions) => list(context, status)),
    )

  command(parent, 'approve', {
    summary: 'say that two customers are one person: they are merged',
    examples: ['rumbo merges approve <id>'],
  })
    .argument('<id>', 'the merge')
    .action(acting(commands, (context, [id]: [string]) => approve(context, id)))

  command(parent, 'reject', {
    summary: 'say that two customers are two persons: they stay apart',
    examples: ['rumbo merges reject <id>'],
  })
    .argument('<id>', 'the merge')
    .action(acting(commands, (context, [id]: [string]) => reject(context, id)))
}

async function list(
  { connect, stdout }: Context,
  statuses: readonly MergeStatus[] = MERGE_STATUSES,
): Promise<Answer> {
  const { client } = connect()
  const [status, ...others] = statuses
  const only = others.length === 0 ? { status } : {}
  const listed = await everyPage((page) =>
    answerOf(client.v1.merges.$get({ query: { ...page, ...only } })),
  )
  const merges = listed.filter((merge) => statuses.includes(merge.status))
  return listAnswer({ stdout }, merges, {
    none: 'There is none.',
    head: ['merge', 'status', 'winner', 'loser', 'because of', 'since', 'held back'],
    row: ({ mergeId, status, winner, loser, cause, updatedAt, detail }) => [
      mergeId,
      status,
      winner,
      loser,
      cause,
      instantText(updatedAt),
      detail,
    ],
  })
}

async function approve({ connect }: Context, id: string): Promise<Answer> {
  const { client } = connect()
  const merge = await answerOf(client.v1.merges[':id'].approve.$post({ param: { id: inPath(id) } }))
  return { json: merge, text: () => `Approved: ${merge.loser} becomes part of ${merge.winner}` }
}

async function reject({ connect }: Context, id: string): Promise<Answer> {
  const { client } = connect()
  const merge = await answerOf(client.v1.merges[':id'].reject.$post({ param: { id: inPath(id) } }))
  return { json: merge, text: () => `Rejected: ${merge.loser} and ${merge.winner} stay apart` }
}
