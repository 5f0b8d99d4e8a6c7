import type { SleepResult } from './sleep.ts'
import type { Spread } from './statistics.ts'

/** At least so many of a past that was imported are to be asleep. */
const ASLEEP_SHARE_MIN = 0.95

const whole = (number: number): string => Math.round(number).toLocaleString('en')
const spread = ({ count, p50, p95 }: Spread): string =>
  `p50 ${whole(p50)} ms, p95 ${whole(p95)} ms (${count} one after the other)`

/** What was measured of customers asleep, as text. */
export function sleepReport(result: SleepResult): string {
  const { customers, events, appliedSeconds, storedSeconds, asleep, tables, openBytes } = result
  const share = asleep / customers
  const { woken, awake, readyMs, emptyReadyMs } = result
  const sleeping = tables.find(({ name }) => name === 'customers')?.bytes ?? Number.NaN
  return [
    `${whole(customers)} customers imported with ${whole(events)} orders and returns of the past`,
    `  stored               ${whole(events / storedSeconds)} events/s`,
    `  stored and applied   ${whole(events / appliedSeconds)} events/s, ${whole(customers / appliedSeconds)} customers/s`,
    `  asleep               ${(share * 100).toFixed(1)} % (goal: at least ${ASLEEP_SHARE_MIN * 100} %${share < ASLEEP_SHARE_MIN ? ', missed' : ''})`,
    `  on the engine        ${whole(result.started)} workflows`,
    '',
    'Bytes for each customer asleep in SQL, indexes included',
    ...tables.map(({ name, bytes }) => `  ${name.padEnd(20)} ${whole(bytes / customers)}`),
    `  of which snapshot    ${whole(result.snapshotBytes)}`,
    '',
    'Bytes for each open actor on the engine',
    `  ${whole(result.opened)} actors         ${whole(openBytes)}, ${(openBytes / (sleeping / customers)).toFixed(1)} times the row of one asleep`,
    '',
    'From an event until it is handled, over HTTP',
    `  asleep               ${spread(woken)}`,
    `  open                 ${spread(awake)}`,
    `  ratio of the middle  ${(woken.p50 / awake.p50).toFixed(1)}`,
    '',
    '`npm start` until it is ready',
    `  with these           ${(readyMs / 1_000).toFixed(1)} s`,
    `  with an empty folder ${(emptyReadyMs / 1_000).toFixed(1)} s`,
  ].join('\n')
}
