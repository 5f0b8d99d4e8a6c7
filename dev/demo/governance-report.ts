import type { GovernanceFigures } from './governance.ts'

/** What was kept back, and what went out in the end, as lines. */
export function renderGovernance({ complaint, stop, capacity }: GovernanceFigures): string {
  const byWorth = [...capacity.sentFirst]
    .toSorted(([one], [other]) => other - one)
    .map(([value, sent]) => `${sent} worth ${value}`)
    .join(', ')
  return [
    'What must not go out does not',
    '',
    'A complaint in the middle of a wait',
    `  while it was open      ${complaint.sentWhileOpen} sent, ${complaint.held} held`,
    `  when it was closed     ${complaint.sentWhenClosed} sent`,
    `A stop in the middle of sending to ${stop.customers} customers, answered in ${Math.round(stop.answeredMs)} ms`,
    `  until two seconds later  ${stop.sentBefore} sent`,
    `  from then on             ${stop.sentTwoSecondsLater} sent, ${stop.parked} parked`,
    `  resumed                  ${stop.sentInTheEnd} sent in all, ${stop.twice} customers twice, after ${stop.resumedSeconds.toFixed(1)} s`,
    `A contact centre that can take ${capacity.free} of ${capacity.customers} calls`,
    `  with that              ${byWorth}`,
    `  with more agents       ${capacity.sentInTheEnd} sent in all`,
  ].join('\n')
}
