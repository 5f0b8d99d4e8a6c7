import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import type { StepId } from './values.ts'
import { walk, type Graph, type Node } from './step-graph.ts'
import type { Place } from './steps/step-spec.ts'

/** Steps a run may take in one instant. */
const STEPS_WITHOUT_WAIT_MAX = 200

/** Steps of a loop that are named; a longer one is cut in the middle. */
const SHOWN_MAX = 8

/** `a → b → a`. */
export function shownLoop(steps: readonly StepId[]): string {
  const named =
    steps.length <= SHOWN_MAX ? steps : [...steps.slice(0, SHOWN_MAX - 1), '…', steps.at(-1)]
  return [...named, steps[0]].join(' → ')
}

/** Loops and long paths that a run would go along in one instant. */
export function instantFindings(graph: Graph): Finding[] {
  const { loops, finished } = walk(graph.keys(), (id) => atOnce(graph.get(id)))
  if (loops.length === 0) return longPaths(graph, finished)
  return loops.map(({ steps, link }) => ({
    code: 'endless_loop',
    path: child('/steps', steps.at(-1) ?? '') + link.path,
    message: `${shownLoop(steps)} goes round without a wait; put a "waitFor", or a "wait" with "for", "date" or "at", into the loop.`,
    severity: 'error',
  }))
}

function atOnce({ links }: Pick<Node, 'links'> = { links: [] }): readonly Place[] {
  return links.filter(({ takesTime }) => takesTime !== true)
}

function longPaths(graph: Graph, finished: readonly StepId[]): Finding[] {
  const begun = lengthsOf(finished, (id) => atOnce(graph.get(id)))
  // After its last round a repetition goes on in the same instant, at times to one that begins.
  const over = (id: StepId): readonly Place[] => {
    const node = graph.get(id)
    return node === undefined || node.round === null
      ? atOnce(node)
      : node.links.filter(({ path }) => path !== node.round?.path)
  }
  const lengths = lengthsOf(walk(graph.keys(), over).finished, over, begun)
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

/** Steps on the longest path from each, itself counted; at least what is `known` of it. */
function lengthsOf(
  finished: readonly StepId[],
  linksOf: (id: StepId) => readonly Place[],
  known: ReadonlyMap<StepId, number> = new Map(),
): Map<StepId, number> {
  const lengths = new Map(known)
  for (const id of finished) {
    const after = linksOf(id).map(({ value }) => lengths.get(value) ?? 1)
    lengths.set(id, Math.max(known.get(id) ?? 1, 1 + Math.max(0, ...after)))
  }
  return lengths
}
