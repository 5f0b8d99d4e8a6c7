import type { Command } from 'commander'
import type { ArbitrationRequest, Decision } from '../../domain/decisioning/arbitration.ts'
import { replay as decideAgain } from '../../domain/decisioning/replay.ts'
import type { Answer } from '../answer.ts'
import { answerOf, inPath, pagesOf } from '../call.ts'
import { painter, type Context, type Output } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { usageFailure } from '../failures.ts'
import { acting, command, wholeNumber, type Commands, type JsonOption } from '../options.ts'
import { changeLines, type Change } from '../show-diff.ts'
import { instantText } from '../table.ts'

export function addDecisionCommands(parent: Command, commands: Commands): void {
  command(parent, 'show', {
    summary: 'show a decision in words: what happened, who was there, why one won',
    examples: ['rumbo decisions show <id>'],
  })
    .argument('<id>', 'the decision')
    .action(acting(commands, (context, [id]: [string]) => show(context, id)))

  command(parent, 'replay', {
    summary: 'take decisions again, here, from what is stored of them, and compare to the bit',
    examples: [
      'rumbo decisions replay <id>',
      'rumbo decisions replay --all --last 1000',
      'rumbo decisions replay --all --customer ada',
    ],
  })
    .argument('[id]', 'the decision')
    .option('--all', 'all of them, page by page, instead of one')
    .option('--last <n>', 'with --all: only so many, the newest', wholeNumber(1))
    .option('--customer <customer>', 'with --all: only those about one customer')
    .action(
      acting(commands, (context, [id]: [string | undefined], options: ReplayOptions) =>
        replay(context, id, options),
      ),
    )
}

/** One decision for people: its line, then every sentence of its explanation. */
export function renderDecision(
  stream: Output,
  {
    decisionId,
    at,
    summary,
    explanation,
  }: {
    readonly decisionId: string
    readonly at: string
    readonly summary: string
    readonly explanation: readonly string[]
  },
): string {
  const head = painter(stream)('bold', `${instantText(at)}  ${summary}`)
  return [head, `  ${decisionId}`, ...explanation.map((sentence) => `  · ${sentence}`)].join('\n')
}

async function show({ connect, stdout }: Context, decisionId: string): Promise<Answer> {
  const decision = await load(connect().client, decisionId)
  return { json: decision, text: () => renderDecision(stdout, decision) }
}

type Client = ReturnType<Context['connect']>['client']

const load = (client: Client, decisionId: string) =>
  answerOf(client.v1.decisions[':decisionId'].$get({ param: { decisionId: inPath(decisionId) } }))

interface Sweep {
  readonly last?: number | undefined
  readonly customer?: string | undefined
}

interface ReplayOptions extends JsonOption, Sweep {
  readonly all?: boolean
}

interface Difference {
  readonly decisionId: string
  readonly changes: readonly Change[]
}

async function replay(
  { connect, stdout }: Context,
  decisionId: string | undefined,
  { all = false, last, customer }: ReplayOptions,
): Promise<Answer> {
  if (all === (decisionId !== undefined))
    throw usageFailure('Name one decision, or say --all to take them all again.')
  if (!all && (last !== undefined || customer !== undefined))
    throw usageFailure('--last and --customer go with --all.')
  const { client } = connect()
  let count = 0
  const differences: Difference[] = []
  for await (const page of storedDecisions(client, decisionId, { last, customer })) {
    count += page.length
    differences.push(...page.flatMap((stored) => differenceOf(stored) ?? []))
  }
  return {
    json: { count, equal: count - differences.length, differences },
    text: () => renderReplay(stdout, count, differences),
    exitCode: differences.length === 0 ? EXIT.ok : EXIT.refused,
  }
}

type StoredDecision = Awaited<ReturnType<typeof load>>

/** One, or all of them, page by page: there may be more than one would keep in memory. */
async function* storedDecisions(
  client: Client,
  decisionId: string | undefined,
  { last, customer }: Sweep,
): AsyncGenerator<readonly StoredDecision[]> {
  if (decisionId === undefined)
    yield* pagesOf(
      (page) =>
        answerOf(
          client.v1.decisions.$get({
            query: { ...page, ...(customer !== undefined && { customer }) },
          }),
        ),
      { atMost: last },
    )
  else yield [await load(client, decisionId)]
}

function differenceOf({ decisionId, stored }: StoredDecision): Difference | null {
  // As arbitration stored them: the server keeps both as they are.
  const request = stored.request as unknown as ArbitrationRequest
  const { isEqual, changes } = decideAgain(request, stored.decision as unknown as Decision)
  return isEqual ? null : { decisionId, changes }
}

function renderReplay(stream: Output, count: number, differences: readonly Difference[]): string {
  if (differences.length === 0)
    return count === 1 ? 'equal' : `${count} decisions taken again, all equal`
  return [
    ...differences.flatMap(({ decisionId, changes }) => [
      painter(stream)('yellow', `  ~ ${decisionId}`),
      ...changes.flatMap((change) => changeLines(stream, change)),
    ]),
    `${count} taken again, ${differences.length} otherwise than stored`,
  ].join('\n')
}
