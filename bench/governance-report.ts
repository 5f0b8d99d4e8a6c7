import type { HardCaseResult, ReplayResult, StopResult } from './governance.ts'

const whole = (number: number): string => Math.round(number).toLocaleString('en')

/** What was measured of contact governance, as text. */
export function governanceReport({
  stop,
  replayed,
  hardCases,
}: {
  readonly stop: StopResult
  readonly replayed: ReplayResult
  readonly hardCases: readonly HardCaseResult[]
}): string {
  const lastMail =
    stop.lastMailMs === null
      ? 'none'
      : `${stop.mailsAfterAnswer}, the last after ${whole(stop.lastMailMs)} ms`
  return [
    `A stop in the middle of sending to ${whole(stop.customers)} customers`,
    `  sent before             ${whole(stop.sentBefore)}`,
    `  answered in             ${whole(stop.answeredMs)} ms`,
    `  mails after the answer  ${lastMail} (promised: 2,000 ms)`,
    `  parked                  ${whole(stop.parked)}`,
    `  resumed                 all sent ${stop.resumedSeconds.toFixed(1)} s later, ${stop.twice} twice`,
    '',
    `Decisions made again from what is stored: ${whole(replayed.decisions)}, differences ${replayed.differences}`,
    `  in pure code            ${whole(replayed.perSecond)}/s, comparing included`,
    '',
    'Hard cases, each customer a variation',
    ...hardCases.flatMap(({ name, customers, wrong, seconds }) => [
      `  ${name}`,
      `    ${whole(customers)} customers in ${seconds.toFixed(1)} s, ${wrong.length} wrong`,
      ...wrong.slice(0, 5).map((what) => `      ${what}`),
    ]),
  ].join('\n')
}
