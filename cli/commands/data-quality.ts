import type { Command } from 'commander'
import type { JsonValue } from '../../domain/json.ts'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import { confirm, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure, usageFailure } from '../failures.ts'
import { readInputFile } from '../input-files.ts'
import { acting, command, wholeNumber, type Commands, type JsonOption } from '../options.ts'
import { renderPlanReport } from './show-tracking-plan.ts'
import {
  renderChanges,
  renderCustomerQuality,
  renderFindings,
  renderReport,
} from './show-data-quality.ts'

const RULES = ['suggestion', 'again', 'stored', 'values'] as const
type Rule = (typeof RULES)[number]

const WHO = 'the customer id, or any identity (kind:value where a value is ambiguous)'
const FINDINGS = 50
const DAYS = 7
/** As many as one call takes. */
const VALUES_MAX = 200

interface FilterOptions extends JsonOption {
  readonly problem?: string
  readonly trait?: string
}
interface RepairOptions extends FilterOptions {
  readonly region?: string
  readonly file?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** How good customers' data is, and what to do about it. */
export function addDataQualityCommands(parent: Command, commands: Commands): void {
  command(parent, 'report', {
    summary:
      'count what is missing, wrong, old, out of reach and likely double, over all customers',
    examples: ['rumbo data-quality report'],
  }).action(acting(commands, (context) => report(context)))

  command(parent, 'tracking-plan', {
    summary: 'show how what came in compares with the tracking plan',
    examples: ['rumbo data-quality tracking-plan --days 30'],
  })
    .option('--days <n>', 'of so many days, today among them', wholeNumber(1), DAYS)
    .action(
      acting(commands, (context, _: [], { days }: JsonOption & { days: number }) =>
        planned(context, days),
      ),
    )

  command(parent, 'show', {
    summary: 'show how good the data of one customer is',
    examples: ['rumbo data-quality show ada'],
  })
    .argument('<customer>', WHO)
    .action(acting(commands, (context, [who]: [string]) => show(context, who)))

  filtered(
    command(parent, 'findings', {
      summary: 'list values that were set aside or flagged',
      examples: ['rumbo data-quality findings --problem mistyped_domain --limit 500'],
    }),
  )
    .option('--limit <n>', 'at most so many', wholeNumber(1), FINDINGS)
    .action(
      acting(commands, (context, _: [], options: FilterOptions & { limit: number }) =>
        findings(context, options),
      ),
    )

  filtered(
    command(parent, 'repair', {
      summary: 'repair many values at once: by suggestion, by judging again, or with your own',
      examples: [
        'rumbo data-quality repair suggestion --problem mistyped_domain --dry-run',
        'rumbo data-quality repair again --trait phone --region DE',
        'rumbo data-quality repair stored --yes',
        'rumbo data-quality repair values --file repaired.json',
      ],
    }),
  )
    .argument('<rule>', RULES.join(', '))
    .option(
      '--region <code>',
      'of phone numbers that name no country: DE, ES, …; else that of the identity rules',
    )
    .option('--file <file>', 'with values: a JSON array of { customer, trait, value }')
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--yes', 'do it without asking; needed where there is no terminal')
    .action(
      acting(commands, (context, [rule]: [string], options: RepairOptions) =>
        repair(context, ruleOf(rule), options),
      ),
    )

  command(parent, 'undo', {
    summary: 'put back what a repair changed, where nothing changed it since',
    examples: ['rumbo data-quality undo <repair>'],
  })
    .argument('<repair>', 'its id, as the repair said it')
    .action(acting(commands, (context, [id]: [string]) => undo(context, id)))
}

const filtered = (listing: Command): Command =>
  listing
    .option('--problem <code>', 'only this problem: no_country, mistyped_domain, …')
    .option('--trait <name>', 'only of this trait')

async function report({ connect, stdout }: Context): Promise<Answer> {
  const found = await answerOf(connect().client.v1.reports['data-quality'].$get())
  return { json: found, text: () => renderReport(stdout, found) }
}

async function planned({ connect, stdout }: Context, days: number): Promise<Answer> {
  const query = { days: String(days) }
  const found = await answerOf(connect().client.v1.reports['tracking-plan'].$get({ query }))
  return { json: found, text: () => renderPlanReport(stdout, found) }
}

async function show({ connect, stdout }: Context, who: string): Promise<Answer> {
  const { client } = connect()
  const quality = await answerOf(
    client.v1.customers[':id']['data-quality'].$get({ param: { id: inPath(who) } }),
  )
  return { json: quality, text: () => renderCustomerQuality(stdout, quality) }
}

async function findings(
  { connect, stdout }: Context,
  { limit, problem, trait }: FilterOptions & { limit: number },
): Promise<Answer> {
  const { client } = connect()
  const query = filterOf({ problem, trait })
  const found = await everyPage(
    (page) => answerOf(client.v1['data-quality'].findings.$get({ query: { ...page, ...query } })),
    { atMost: limit },
  )
  return {
    json: found,
    text: () => (found.length === 0 ? 'Nothing is wrong.' : renderFindings(stdout, found)),
  }
}

const filterOf = ({
  problem,
  trait,
}: {
  problem?: string | undefined
  trait?: string | undefined
}) => ({
  ...(problem === undefined ? {} : { problem }),
  ...(trait === undefined ? {} : { trait }),
})

function ruleOf(text: string): Rule {
  const rule = RULES.find((each) => each === text)
  if (rule === undefined) throw usageFailure(`A rule is one of ${RULES.join(', ')}.`)
  return rule
}

type Wish = Parameters<
  ReturnType<Context['connect']>['client']['v1']['data-quality']['repairs']['$post']
>[0]['json']

/** Calls in order; of a rule that looks at pages the first, which says where the next goes on. */
function wishesOf(rule: Rule, options: RepairOptions): Wish[] {
  const { region } = options
  const paging = region === undefined ? {} : { region: region.toUpperCase() }
  if (rule === 'stored') return [{ rule, ...paging }]
  if (rule !== 'values') return [{ rule, ...filterOf(options), ...paging }]
  const { file } = options
  if (file === undefined) throw usageFailure('Say with --file which values.')
  const { value } = readInputFile(file)
  if (!Array.isArray(value)) throw usageFailure(`${file} holds no array.`)
  // What its elements are the server says.
  const values = value as { customer: string; trait: string; value: JsonValue }[]
  const calls = Math.ceil(values.length / VALUES_MAX)
  return Array.from({ length: calls }, (_, n) => ({
    rule,
    values: values.slice(n * VALUES_MAX, (n + 1) * VALUES_MAX),
  }))
}

async function repair(context: Context, rule: Rule, options: RepairOptions): Promise<Answer> {
  const wishes = wishesOf(rule, options)
  const { client } = context.connect()
  const { repairs } = client.v1['data-quality']
  if (options.dryRun === true) {
    const plans = await eachPage(wishes, (json) => answerOf(repairs.preview.$post({ json })))
    const changes = plans.flatMap((plan) => plan.changes)
    return {
      json: { changes, skipped: plans.flatMap(({ skipped }) => skipped) },
      text: () =>
        changes.length === 0 ? 'Nothing would change.' : renderChanges(context.stdout, changes),
    }
  }
  if (!(await confirm(context, `Repair values by "${rule}"?`, options.yes)))
    throw new CommandFailure(EXIT.refused, 'declined', 'Nothing was changed.')
  const done = await eachPage(wishes, (json) => answerOf(repairs.$post({ json })))
  const sum = (of: 'repaired' | 'skipped'): number =>
    done.reduce((total, page) => total + page[of], 0)
  const ids = done.flatMap(({ repairId }) => (repairId === null ? [] : [repairId]))
  return {
    json: { repaired: sum('repaired'), skipped: sum('skipped'), repairIds: ids },
    text: () =>
      [
        `Repaired ${sum('repaired')}, left ${sum('skipped')} as they are.`,
        ...ids.map((id) => `Undo with: rumbo data-quality undo ${id}`),
      ].join('\n'),
  }
}

/** One call after the other, following cursors. */
async function eachPage<Page extends { readonly nextCursor: string | null }>(
  wishes: readonly Wish[],
  call: (wish: Wish) => Promise<Page>,
): Promise<Page[]> {
  const pages: Page[] = []
  for (const wish of wishes) {
    let page = await call(wish)
    pages.push(page)
    while (page.nextCursor !== null && wish.rule !== 'values') {
      page = await call({ ...wish, cursor: page.nextCursor })
      pages.push(page)
    }
  }
  return pages
}

async function undo({ connect }: Context, repairId: string): Promise<Answer> {
  const { client } = connect()
  const undone = await answerOf(
    client.v1['data-quality'].repairs[':repairId'].undo.$post({
      param: { repairId: inPath(repairId) },
    }),
  )
  return {
    json: undone,
    text: () => `Put back ${undone.undone}, left ${undone.skipped} as they are.`,
  }
}
