import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import type { StepId } from './journey.ts'
import type { JourneyParts } from './journey-parts.ts'
import { specOf } from './steps/registry.schema.ts'
import type { Place } from './steps/step-spec.ts'

/** Steps a run may take in one instant. */
const STEPS_WITHOUT_WAIT_MAX = 200

/** A step as the graph sees it; `links` lead to steps that exist. */
interface Node {
  readonly links: readonly Place[]
  readonly rests: boolean
  readonly ends: boolean
}
type Graph = ReadonlyMap<StepId, Node>

/**
 * What is wrong with how steps hang together: dangling links, steps that no run reaches, loops and
 * long paths without a wait, runs that can never end. Where a step cannot be read, nobody knows what
 * it leads to, so nothing is said about reach and end.
 *
 * Cost: linear in steps and links; no recursion, so that no definition is too deep.
 */
export function graphFindings(parts: JourneyParts): Finding[] {
  const graph = graphOf(parts)
  const dangling = danglingLinks(parts)
  const findings = [...dangling]
  const order = withoutWaits(graph)
  findings.push(...order.loops)
  if (order.loops.length === 0) findings.push(...longPaths(graph, order.finished))
  const isWhole = [...parts.steps.values()].every((step) => step !== null)
  if (isWhole && parts.start !== null && graph.has(parts.start)) {
    const reached = reach(
      [parts.start],
      (id) => graph.get(id)?.links.map(({ value }) => value) ?? [],
    )
    findings.push(...unreachable(graph, reached))
    if (parts.exits.length === 0 && dangling.length === 0)
      findings.push(...neverEnding(graph, reached))
  }
  return findings
}

function graphOf({ steps }: JourneyParts): Graph {
  const nodes = new Map<StepId, Node>()
  for (const [id, step] of steps) {
    if (step === null) continue
    const { links, rests } = specOf(step)
    const all = links(step)
    nodes.set(id, {
      links: all.filter(({ value }) => steps.has(value)),
      rests: rests(step),
      ends: all.length === 0,
    })
  }
  return nodes
}

function danglingLinks({ start, steps }: JourneyParts): Finding[] {
  const links: Place[] = start === null ? [] : [{ path: '/start', value: start }]
  for (const [id, step] of steps)
    if (step !== null)
      for (const { path, value } of specOf(step).links(step))
        links.push({ path: child('/steps', id) + path, value })
  return links
    .filter(({ value }) => !steps.has(value))
    .map(({ path, value }) => ({
      code: 'dangling_link',
      path,
      message: `There is no step "${value}"; add it or name one that is there.`,
      severity: 'error',
    }))
}

/**
 * Walks the steps at which no run stays, depth first. `finished`: each after all that follow it,
 * where there is no loop.
 */
function withoutWaits(graph: Graph): { loops: Finding[]; finished: StepId[] } {
  const loops: Finding[] = []
  const finished: StepId[] = []
  const state = new Map<StepId, 'open' | 'done'>()
  for (const root of graph.keys()) {
    const stack: { id: StepId; at: number }[] = []
    const open = (id: StepId) => {
      state.set(id, 'open')
      stack.push({ id, at: 0 })
    }
    if (!state.has(root) && graph.get(root)?.rests === false) open(root)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const link = graph.get(top.id)?.links[top.at++]
      if (link === undefined) {
        state.set(top.id, 'done')
        finished.push(top.id)
        stack.pop()
        continue
      }
      if (graph.get(link.value)?.rests !== false) continue
      if (!state.has(link.value)) open(link.value)
      else if (state.get(link.value) === 'open') {
        const from = stack.findIndex(({ id }) => id === link.value)
        const loop = [...stack.slice(from).map(({ id }) => id), link.value]
        loops.push({
          code: 'endless_loop',
          path: child('/steps', top.id) + link.path,
          message: `${loop.join(' → ')} goes round without a wait; put a "wait" with "for", or a "waitFor", into the loop.`,
          severity: 'error',
        })
      }
    }
  }
  return { loops, finished }
}

function longPaths(graph: Graph, finished: readonly StepId[]): Finding[] {
  const lengths = new Map<StepId, number>()
  for (const id of finished) {
    const after = graph.get(id)?.links.map(({ value }) => lengths.get(value) ?? 0) ?? []
    lengths.set(id, 1 + Math.max(0, ...after))
  }
  const [longest] = [...lengths].toSorted(([, a], [, b]) => b - a)
  if (longest === undefined || longest[1] <= STEPS_WITHOUT_WAIT_MAX) return []
  return [
    {
      code: 'path_too_long',
      path: child('/steps', longest[0]),
      message: `${longest[1]} steps follow each other from here without a wait; at most ${STEPS_WITHOUT_WAIT_MAX} may. Put a "wait" with "for", or a "waitFor", between them.`,
      severity: 'error',
    },
  ]
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

function reach(from: readonly StepId[], next: (id: StepId) => readonly StepId[]): Set<StepId> {
  const reached = new Set(from)
  // A set visits what is added while it is walked.
  for (const id of reached) for (const to of next(id)) reached.add(to)
  return reached
}
