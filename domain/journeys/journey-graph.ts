import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import { nearestName } from '../nearest-name.ts'
import type { StepId } from './values.ts'
import type { JourneyParts } from './journey-parts.ts'
import { endlessLockFindings } from './lock-findings.ts'
import { LOCK_PATH, lockStep } from './lock-parts.ts'
import { instantFindings } from './loop-findings.ts'
import { graphOf, reach, targetsOf, type Graph } from './step-graph.ts'
import { specOf } from './steps/registry.schema.ts'
import type { Place } from './steps/step-spec.ts'

/**
 * What is wrong with how steps hang together: dangling links, steps that no run reaches, loops and
 * long paths without a wait, runs that can never end. Where a step cannot be read, or a link leads
 * nowhere, nobody knows what it was to lead to, so nothing is said about reach and end.
 *
 * Cost: linear in steps and links; no recursion, so that no definition is too deep.
 */
export function graphFindings(parts: JourneyParts): Finding[] {
  const graph = graphOf(parts)
  const dangling = danglingLinks(parts)
  const findings = [...dangling, ...instantFindings(graph)]
  const isWhole = dangling.length === 0 && [...parts.steps.values()].every((step) => step !== null)
  if (!isWhole) return findings
  findings.push(...lonelyRounds(graph))
  if (parts.start === null || !graph.has(parts.start)) return findings
  const reached = reach([parts.start], (id) => targetsOf(graph.get(id)?.links))
  findings.push(...unreachable(graph, reached), ...endlessLockFindings(parts, graph, reached))
  if (parts.exits.length === 0) findings.push(...neverEnding(graph, reached))
  return findings
}

function danglingLinks(parts: JourneyParts): Finding[] {
  const { start, steps } = parts
  const links: Place[] = start === null ? [] : [{ path: '/start', value: start }]
  for (const [id, step] of steps)
    if (step !== null)
      for (const { path, value } of specOf(step).links(step))
        links.push({ path: child('/steps', id) + path, value })
  const unlocking = lockStep(parts)
  if (unlocking !== null) links.push({ path: `${LOCK_PATH}/untilStep`, value: unlocking })
  return links
    .filter(({ value }) => !steps.has(value))
    .map(({ path, value }) => {
      const nearest = nearestName(value, steps.keys())
      const advice =
        nearest === null ? 'add it or name one that is there.' : `do you mean "${nearest}"?`
      return {
        code: 'dangling_link',
        path,
        message: `There is no step "${value}"; ${advice}`,
        severity: 'error',
      }
    })
}

function unreachable(graph: Graph, reached: ReadonlySet<StepId>): Finding[] {
  return [...graph.keys()]
    .filter((id) => !reached.has(id))
    .map((id) => ({
      code: 'unreachable_step',
      path: child('/steps', id),
      message: `No path leads to "${id}"; link to it or take it out.`,
      severity: 'warning',
    }))
}

function neverEnding(graph: Graph, reached: ReadonlySet<StepId>): Finding[] {
  const before = new Map<StepId, StepId[]>()
  for (const id of graph.keys()) before.set(id, [])
  for (const [id, { links }] of graph) for (const { value } of links) before.get(value)?.push(id)
  const ends = [...graph].filter(([, { ends }]) => ends).map(([id]) => id)
  const ending = reach(ends, (id) => before.get(id) ?? [])
  const stuck = [...reached].find((id) => !ending.has(id))
  if (stuck === undefined) return []
  return [
    {
      code: 'never_ends',
      path: child('/steps', stuck),
      message: `A run that comes to "${stuck}" can never end; lead to an "exit" step, or give the journey an exit rule.`,
      severity: 'error',
    },
  ]
}

/** Steps that repeat what follows, and whose body never comes back for the next round. */
function lonelyRounds(graph: Graph): Finding[] {
  return [...graph].flatMap(([id, { round }]): Finding[] => {
    if (round === null) return []
    const reached = reach([round.value], (from) =>
      from === id ? [] : targetsOf(graph.get(from)?.links),
    )
    if (reached.has(id)) return []
    return [
      {
        code: 'repeats_once',
        path: child('/steps', id) + round.path,
        message: `No path leads from "${round.value}" back to "${id}", so there is never a second round; link back to "${id}", or take the repetition out.`,
        severity: 'warning',
      },
    ]
  })
}
