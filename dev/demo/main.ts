import type { Journey } from '../../domain/journeys/journey.ts'
import { readConfig } from '../../platform/config.ts'
import { exitWith, StartError } from '../../platform/exit-with.ts'
import { createProgress } from '../progress.ts'
import { demoCustomers, readRetailExtract } from './customers.ts'
import { renderGovernance } from './governance-report.ts'
import { playGovernance } from './governance.ts'
import { readDemoJourneys } from './journeys.ts'
import { openServer } from './open-server.ts'
import { renderReport } from './report.ts'
import { reportOf } from './report-of.ts'
import { CallRefused, createRumboClient, type RumboClient } from './rumbo-client.ts'
import { publishJourneys, runDemo, type DemoProgress } from './run-demo.ts'

// `npm run demo`: two weeks of a real shop's customers, in two or three minutes.

/** What an engine on two cores carries best; more at a time only wait for each other. */
const SIDE_BY_SIDE = 8
/** The Monday that everything begins with must still lie ahead for the last customer. */
const DEMO_MS_MAX = 3_600_000
/** As a shell says it: ended by a signal. */
const EXIT_BY = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

const interrupted = new AbortController()
const failed = new AbortController()
const atEnd = new AsyncDisposableStack()
// The terminal may be gone before we are.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interrupted.abort(signal))

try {
  await demo(AbortSignal.any([interrupted.signal, failed.signal]))
  await atEnd.disposeAsync()
} catch (error) {
  // The others who are under way end too.
  failed.abort()
  await atEnd.disposeAsync()
  if (!interrupted.signal.aborted) exitWith(explained(error))
  process.stderr.write('\nStopped. The customers of the demo stay where they are.\n')
  process.exit(EXIT_BY[interrupted.signal.reason as keyof typeof EXIT_BY])
}

async function demo(signal: AbortSignal): Promise<void> {
  const server = await openServer(readConfig(), signal)
  atEnd.defer(server.stop)
  const client = createRumboClient({ url: server.url, key: server.key, signal })
  await requireReady(client)
  const journeys = readDemoJourneys()
  await publishJourneys(client, journeys)
  const extract = readRetailExtract()
  const runId = Date.now().toString(36)
  const customers = demoCustomers(extract, { nowMs: Date.now() + DEMO_MS_MAX, runId })
  console.log(
    `${customers.length} customers of a real shop, under made-up names, live through two weeks at ${server.url}\nTheir purchases and returns: ${extract.source} (${extract.licence})\n`,
  )
  await warnOfOthers(client, journeys)
  await warnOfPolicy(client)
  const progress = createProgress('Demo')
  const outcomes = await runDemo(client, {
    journeys,
    customers,
    sideBySide: SIDE_BY_SIDE,
    onProgress: (now) => progress.show(describe(now)),
  })
  progress.done(`all ${outcomes.length} customers done`)
  console.log(`\n${renderReport(reportOf(server.url, journeys, outcomes))}\n`)
  console.log(renderGovernance(await playGovernance(client, runId)))
  if (server.isOurs)
    console.log(
      '\nThe server was started for the demo and ends with it. "npm start" brings it back with all of them.',
    )
}

/** A policy of somebody else's keeps mails back: then the figures are not those of the examples alone. */
async function warnOfPolicy(client: RumboClient): Promise<void> {
  const { version, document } = await client.call<{ version: number; document: object }>(
    'GET',
    '/v1/contact-policy',
  )
  if (Object.keys(document).length > 0)
    console.log(
      `Version ${version} of a contact policy is in force there and keeps mails back, which changes the figures.\n`,
    )
}

async function requireReady(client: RumboClient): Promise<void> {
  try {
    await client.call('GET', '/readyz')
  } catch (error) {
    if (!(error instanceof CallRefused) || error.status !== 503) throw error
    throw new StartError(
      `The server at ${client.url} is not ready: ${JSON.stringify(error.answer)}. See its log.`,
    )
  }
}

/** Journeys of somebody else's take part: then the figures are not those of the examples alone. */
async function warnOfOthers(client: RumboClient, journeys: readonly Journey[]): Promise<void> {
  const ours = new Set(journeys.map(({ key }) => key))
  const published = await client.list<{ key: string; live: unknown }>('/v1/journeys')
  const others = published.filter(({ key, live }) => live !== null && !ours.has(key))
  if (others.length > 0)
    console.log(
      `Other journeys are published there and take part, which changes the figures: ${others.map(({ key }) => key).join(', ')}\n`,
    )
}

function describe({ done, of, days, mails }: DemoProgress): string {
  const when = days.length === 0 ? '' : `, days ${Math.min(...days)} to ${Math.max(...days)}`
  return `${done} of ${of} customers done${when}, ${mails} mails`
}

/** What a server refuses is told in its own words. */
function explained(error: unknown): unknown {
  return error instanceof CallRefused
    ? new StartError(`The demo cannot go on. ${error.message}`)
    : error
}
