import type { StepId } from './values.ts'
import type { JourneyParts } from './journey-parts.ts'
import { specOf } from './steps/registry.schema.ts'
import type { Link, Place } from './steps/step-spec.ts'

/** A step as the graph sees it; `links` lead to steps that exist. */
export interface Node {
  readonly links: readonly Link[]
  /** The one among `links` that a run takes a bounded number of times. */
  readonly round: Place | null
  readonly ends: boolean
}
export type Graph = ReadonlyMap<StepId, Node>

/** How the readable steps of a journey hang together. */
export function graphOf({ steps }: JourneyParts): Graph {
  const nodes = new Map<StepId, Node>()
  for (const [id, step] of steps) {
    if (step === null) continue
    const { links, round } = specOf(step)
    const all = links(step)
    nodes.set(id, {
      links: all.filter(({ value }) => steps.has(value)),
      round: round?.(step) ?? null,
      ends: all.length === 0,
    })
  }
  return nodes
}

/** Steps that lead back to themselves. The last one's `link` closes the loop. */
export interface Loop {
  readonly steps: readonly StepId[]
  readonly link: Place
}

/**
 * Walks steps depth first along some of their links. `finished`: each after all that follow it,
 * where there is no loop.
 */
export function walk(
  roots: Iterable<StepId>,
  linksOf: (id: StepId) => readonly Place[],
): { loops: Loop[]; finished: StepId[] } {
  const loops: Loop[] = []
  const finished: StepId[] = []
  const state = new Map<StepId, 'open' | 'done'>()
  for (const root of roots) {
    const stack: { id: StepId; links: readonly Place[]; at: number }[] = []
    const open = (id: StepId) => {
      state.set(id, 'open')
      stack.push({ id, links: linksOf(id), at: 0 })
    }
    if (!state.has(root)) open(root)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const link = top.links[top.at++]
      if (link === undefined) {
        state.set(top.id, 'done')
        finished.push(top.id)
        stack.pop()
      } else if (!state.has(link.value)) open(link.value)
      else if (state.get(link.value) === 'open') {
        const from = stack.findIndex(({ id }) => id === link.value)
        loops.push({ steps: stack.slice(from).map(({ id }) => id), link })
      }
    }
  }
  return { loops, finished }
}

/** The steps that links lead to. */
export function targetsOf(links: readonly Place[] = []): StepId[] {
  return links.map(({ value }) => value)
}

/** Every step that can be come to, those to begin with included. */
export function reach(
  from: readonly StepId[],
  next: (id: StepId) => readonly StepId[],
): Set<StepId> {
  const reached = new Set(from)
  // A set visits what is added while it is walked.
  for (const id of reached) for (const to of next(id)) reached.add(to)
  return reached
}
