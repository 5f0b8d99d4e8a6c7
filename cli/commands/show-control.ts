import { scopeText, type StopScope } from '../../domain/contact/stop-scope.ts'
import type { Output } from '../context.ts'
import { instantText, renderTable } from '../table.ts'

/** What `GET /v1/control` answers, as far as it is shown. */
interface Control {
  readonly stops: readonly {
    readonly scope: StopScope
    readonly exceptClasses: readonly string[]
    readonly reason: string
    readonly since: string
  }[]
  readonly resumes: readonly {
    readonly scope: StopScope
    readonly status: string
    readonly released: number
    readonly createdAt: string
  }[]
  readonly parked: readonly { readonly reason: string; readonly sends: number }[]
  readonly capacities: readonly {
    readonly name: string
    readonly available: number
    readonly used: number
    readonly until: string | null
    readonly waiting: number
  }[]
  readonly throttles: readonly {
    readonly channel: string
    readonly perSecond: number | null
    readonly problem: string | null
  }[]
}

/** The switches as tables, those that say something. */
export function renderControl(stdout: Output, control: Control): string {
  const table = (head: string[], rows: string[][]): string[] =>
    rows.length === 0 ? [] : [renderTable(stdout, head, rows)]
  const { stops, resumes, parked, capacities, throttles } = control
  return [
    ...(stops.length === 0 ? ['Nothing is stopped.'] : []),
    ...table(
      ['stopped', 'except', 'since', 'reason'],
      stops.map(({ scope, exceptClasses, since, reason }) => [
        scopeText(scope),
        exceptClasses.join(', '),
        instantText(since),
        reason,
      ]),
    ),
    ...table(
      ['resumed', 'status', 'released', 'begun'],
      resumes.map(({ scope, status, released, createdAt }) => [
        scopeText(scope),
        status,
        String(released),
        instantText(createdAt),
      ]),
    ),
    ...table(
      ['parked for', 'sends'],
      parked.map(({ reason, sends }) => [reason, String(sends)]),
    ),
    ...table(
      ['capacity', 'seconds', 'used', 'until', 'waiting'],
      capacities.map(({ name, available, used, until, waiting }) => [
        name,
        String(available),
        String(used),
        until === null ? '' : instantText(until),
        String(waiting),
      ]),
    ),
    ...table(
      ['throttled', 'a second', 'problem'],
      throttles.map(({ channel, perSecond, problem }) => [
        channel,
        perSecond === null ? 'no limit' : String(perSecond),
        problem ?? '',
      ]),
    ),
  ].join('\n\n')
}
