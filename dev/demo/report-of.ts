import type { Journey } from '../../domain/journeys/journey.ts'
import type { JsonValue } from '../../domain/json.ts'
import { figuresByJourney, mailsAfterReturn, type CustomerOutcome } from './figures.ts'
import type { DemoReport } from './report.ts'
import type { DemoOutcome } from './run-demo.ts'
import {
  answersReturn,
  mailsToReturnersWithoutArbitration,
  returnsOf,
} from './without-arbitration.ts'

/** Customers whose figures differ are named up to here; the rest is counted. */
const DIFFERENCES_SHOWN = 10

/** What the demo says at its end, from what the engine made of every customer. */
export function reportOf(
  url: string,
  journeys: readonly Journey[],
  outcomes: readonly DemoOutcome[],
): DemoReport {
  const story = outcomes.toSorted((a, b) => happenings(b) - happenings(a))[0]
  const people = outcomes.filter(({ customer }) => returnsOf(customer).length > 0)
  return {
    customers: outcomes.length,
    figures: figuresByJourney(
      journeys.map(({ key }) => key),
      outcomes,
    ),
    comparison: comparisonOf(outcomes),
    afterReturn: {
      people: people.length,
      sent: people.reduce((sum, outcome) => sum + mailsToReturner(journeys, outcome), 0),
      withoutArbitration: mailsToReturnersWithoutArbitration(
        journeys,
        outcomes.map(({ customer }) => customer),
      ),
    },
    story: {
      name: nameOf(story),
      timeline: story?.timeline ?? [],
    },
    links: [
      ...(story === undefined
        ? []
        : [
            { label: 'Temporal UI', url: story.temporalUrl },
            { label: 'API, with the key', url: `${url}/v1/customers/${story.customerId}` },
            { label: 'Outbox', url: `${url}/outbox?customer=${story.customerId}` },
          ]),
      { label: 'API page', url: `${url}/docs` },
    ],
  }
}

/** Mails in the week after a return, but for those that answer it. */
function mailsToReturner(
  journeys: readonly Journey[],
  { customer, deliveries }: DemoOutcome,
): number {
  const answering = new Set(journeys.filter(answersReturn).map(({ key }) => key))
  const mails = deliveries.filter(
    ({ journey, channel, status }) =>
      channel === 'email' && status === 'sent' && !answering.has(journey),
  )
  return mailsAfterReturn(
    mails.map(({ at }) => ({ atMs: Date.parse(at) })),
    returnsOf(customer),
  )
}

/** How many different things became of a customer's runs: the more, the better the story. */
function happenings({ timeline }: CustomerOutcome): number {
  const kinds = timeline.flatMap(({ kind, data }): JsonValue[][] => {
    const { journey = null, change = null } = data
    return kind === 'run' || kind === 'deferred' ? [[kind, journey, change]] : []
  })
  return new Set(kinds.map((each) => JSON.stringify(each))).size
}

function nameOf(outcome: DemoOutcome | undefined): string {
  if (outcome === undefined) return ''
  const { traits, sourceId } = outcome.customer
  return `${traits.firstName} ${traits.lastName} (customer ${sourceId} of the data set; the name is made up)`
}

function comparisonOf(outcomes: readonly DemoOutcome[]): string[] {
  const differing = outcomes.filter(({ differences }) => differences.length > 0)
  if (differing.length === 0)
    return ['The same decisions under a virtual clock give the same figures, for every customer.']
  const named = differing
    .slice(0, DIFFERENCES_SHOWN)
    .map(({ customer, differences }) => `  ${customer.sourceId}  ${differences.join('; ')}`)
  const rest = differing.length - named.length
  return [
    `The same decisions under a virtual clock give other figures for ${differing.length} of ${outcomes.length} customers:`,
    ...named,
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ]
}
