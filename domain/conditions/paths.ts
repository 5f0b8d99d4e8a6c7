import { childrenOf, comprehensionOf, textOf } from './syntax.ts'
import type { Node } from './language.ts'

export type Root = 'customer' | 'event' | 'entry' | 'answers'

/** A value that a condition reads, named from its root. Elements of lists have their list's path. */
export interface PathRead {
  readonly root: Root
  readonly path: readonly string[]
  readonly range: Range
}

/** A name that no macro declared. */
export interface Mention {
  readonly name: string
  readonly range: Range
}

export interface Range {
  readonly start: number
  readonly end: number
}

interface Place {
  readonly root: Root
  readonly path: readonly string[]
}
/** What the variables of the macros around a node stand for. */
type Elements = ReadonlyMap<string, readonly Place[]>

/**
 * Which values of the customer, of the two events and of answers the expression can depend on. Follows names
 * through macros; a value whose use cannot be followed (a computed key, an argument, an operand)
 * counts as read whole, so the answer is never too small.
 */
export function readPaths(ast: Node): { reads: PathRead[]; mentions: Mention[] } {
  const reads: PathRead[] = []
  const mentions: Mention[] = []

  /** The value is used as a whole. */
  function use(node: Node, elements: Elements): void {
    for (const place of placesOf(node, elements)) reads.push({ ...place, range: node.range })
  }

  /** Where the node's value comes from, if it is part of a root; what is used on the way is noted. */
  function placesOf(node: Node, elements: Elements): readonly Place[] {
    switch (node.op) {
      case 'id':
        return placesOfName(node.args, node.range, elements)
      case '.':
        return placesOf(node.args[0], elements).map((place) => within(place, node.args[1]))
      case '[]':
        return placesOfIndex(node.args[0], node.args[1], elements)
      case '?:': {
        const [condition, yes, no] = node.args
        use(condition, elements)
        return [...placesOf(yes, elements), ...placesOf(no, elements)]
      }
      case 'in':
        useMembership(node.args[0], node.args[1], elements)
        return []
      case 'rcall':
        return placesOfMethod(node, elements)
      default:
        for (const child of childrenOf(node)) use(child, elements)
        return []
    }
  }

  function placesOfName(name: string, range: Range, elements: Elements): readonly Place[] {
    const element = elements.get(name)
    if (element) return element
    mentions.push({ name, range })
    return isRoot(name) ? [{ root: name, path: [] }] : []
  }

  function placesOfIndex(value: Node, index: Node, elements: Elements): readonly Place[] {
    const key = textOf(index)
    if (key !== null) return placesOf(value, elements).map((place) => within(place, key))
    if (index.op === 'value') return placesOf(value, elements)
    use(value, elements)
    use(index, elements)
    return []
  }

  /** `'coupon' in event.properties` asks for one name; in a list the elements themselves are compared. */
  function useMembership(value: Node, container: Node, elements: Elements): void {
    const key = textOf(value)
    use(value, elements)
    for (const place of placesOf(container, elements)) {
      const asked = key !== null && isNamespace(place) ? within(place, key) : place
      reads.push({ ...asked, range: container.range })
    }
  }

  function placesOfMethod(node: Node, elements: Elements): readonly Place[] {
    const macro = comprehensionOf(node)
    if (!macro) {
      for (const child of childrenOf(node)) use(child, elements)
      return []
    }
    const lists = placesOf(macro.list, elements)
    const inside = new Map(elements).set(macro.element, lists)
    const readBefore = reads.length
    if (macro.predicate) use(macro.predicate, inside)
    const result = macro.transform ? placesOf(macro.transform, inside) : []
    const touched = [...reads.slice(readBefore), ...result]
    for (const list of lists)
      if (!touched.some((place) => isWithin(place, list)))
        // How many elements there are shows in the result even where none is looked at.
        reads.push({ ...list, range: macro.list.range })
    return macro.macro === 'filter' ? lists : result
  }

  use(ast, new Map())
  return { reads, mentions }
}

/** Whether the path is a whole bag of names, of which nobody can say which are read. */
export function isNamespace({ root, path }: Place): boolean {
  if (path.length === 0) return true
  if (root === 'answers') return path.length === 1 || (path.length === 2 && path[1] === 'body')
  return path.length === 1 && path[0] === (root === 'customer' ? 'traits' : 'properties')
}

function isRoot(name: string): name is Root {
  return name === 'customer' || name === 'event' || name === 'entry' || name === 'answers'
}

function within(place: Place, name: string): Place {
  return { root: place.root, path: [...place.path, name] }
}

function isWithin(place: Place, container: Place): boolean {
  return place.root === container.root && container.path.every((name, i) => place.path[i] === name)
}
