import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser'
import type { Finding } from '../domain/errors.ts'
import { pointerTo } from '../domain/json-pointer.ts'

/** A place in a text, as editors count: from 1, in UTF-16 units. */
export interface Place {
  readonly line: number
  readonly column: number
  /** How much of the line is meant, at least 1. */
  readonly length: number
}

export interface JsonText {
  /** Undefined where the text is not JSON. */
  readonly value: unknown
  /** Everything that keeps the text from being JSON, or from meaning one thing only. */
  readonly findings: readonly (Finding & Place)[]
  /** Where a finding about the value stands: at its pointer, or as near to it as the text goes. */
  readonly placeOf: (finding: Pick<Finding, 'path' | 'code'>) => Place
}

/** Codes of findings that are about a name, not about what stands after it. */
const ABOUT_NAMES = new Set(['unknown_field', 'bad_name', 'not_supported_yet', 'unreachable'])

/** Reads JSON so that whatever is said about it later can be shown in the text. */
export function readJson(text: string): JsonText {
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const lines = linesOf(text)
  // Where the parser has two complaints about one place, the first one leads to the other.
  const first = errors.filter(
    ({ offset }, index) => errors.findIndex((other) => other.offset === offset) === index,
  )
  const findings = first.map(({ error, offset, length }) => ({
    code: 'bad_json',
    path: '',
    message: syntaxMessage(printParseErrorCode(error)),
    severity: 'error' as const,
    ...lines.placeAt(offset, length),
  }))
  const isJson = findings.length === 0
  return {
    value: isJson ? JSON.parse(text) : undefined,
    findings:
      isJson && root !== undefined
        ? doubledNames(root).map(({ node, path, name }) => ({
            code: 'doubled_name',
            path,
            message: `"${name}" stands here twice, and only the last one counts; take one out.`,
            severity: 'error' as const,
            ...lines.placeAt(node.offset, node.length),
          }))
        : findings,
    placeOf: (finding) => {
      const node = root === undefined ? undefined : nodeOf(root, finding)
      return lines.placeAt(node?.offset ?? 0, node?.length ?? 1)
    },
  }
}

/** The line of a text that a place is on. */
export const lineAt = (text: string, { line }: Place): string =>
  text.split('\n', line)[line - 1]?.replace(/\r$/, '') ?? ''

function linesOf(text: string): {
  readonly placeAt: (offset: number, length: number) => Place
} {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  return {
    placeAt: (offset, length) => {
      const next = starts.findIndex((start) => start > offset)
      const line = next === -1 ? starts.length : next
      const start = starts[line - 1] ?? 0
      const end = text.indexOf('\n', offset)
      const rest = (end === -1 ? text.length : end) - offset
      return { line, column: offset - start + 1, length: Math.max(1, Math.min(length, rest)) }
    },
  }
}

/** The deepest node on the way of a pointer; of several members with one name the last, which is the one that counts. */
function nodeOf(root: Node, { path, code }: Pick<Finding, 'path' | 'code'>): Node {
  const names = path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  let node = root
  let property: Node | undefined
  for (const [depth, name] of names.entries()) {
    const found = memberOf(node, name)
    if (found === undefined) return startOf(node, property)
    ;({ value: node, property } = found)
    if (depth === names.length - 1 && ABOUT_NAMES.has(code)) return property ?? node
  }
  return startOf(node, property)
}

/** A whole object would be a place of many lines: its name is shown, or its first character. */
function startOf(node: Node, property: Node | undefined): Node {
  if (node.type !== 'object' && node.type !== 'array') return node
  return property ?? { ...node, length: 1 }
}

function memberOf(
  { type, children = [] }: Node,
  name: string,
): { value: Node; property?: Node | undefined } | undefined {
  if (type === 'array') {
    const value = /^\d+$/.test(name) ? children[Number(name)] : undefined
    return value === undefined ? undefined : { value }
  }
  const member = children.findLast(({ children: [property] = [] }) => property?.value === name)
  const [property, value] = member?.children ?? []
  return value === undefined ? undefined : { value, property }
}

function doubledNames(root: Node): { node: Node; path: string; name: string }[] {
  const found: { node: Node; path: string; name: string }[] = []
  const visit = (node: Node, above: readonly (string | number)[]): void => {
    const { type, children = [] } = node
    if (type === 'array') children.forEach((child, index) => visit(child, [...above, index]))
    if (type !== 'object') return
    const seen = new Set<string>()
    for (const { children: [property, value] = [] } of children) {
      if (property === undefined) continue
      const name = String(property.value)
      if (seen.has(name)) found.push({ node: property, path: pointerTo([...above, name]), name })
      seen.add(name)
      if (value !== undefined) visit(value, [...above, name])
    }
  }
  visit(root, [])
  return found
}

const MESSAGES: Readonly<Record<string, string>> = {
  InvalidSymbol: 'This is no JSON value; texts stand in double quotes.',
  InvalidNumberFormat: 'This is not a number as JSON writes them.',
  PropertyNameExpected: 'A name in double quotes is expected here (no comma after the last one).',
  ValueExpected: 'A value is expected here (no comma after the last one).',
  ColonExpected: 'A colon is expected here.',
  CommaExpected: 'A comma is expected here.',
  CloseBraceExpected: 'A closing brace } is missing here.',
  CloseBracketExpected: 'A closing bracket ] is missing here.',
  EndOfFileExpected: 'The journey ended before this; nothing may follow it.',
  InvalidCommentToken: 'JSON has no comments; take this out.',
  UnexpectedEndOfComment: 'JSON has no comments; this one does not even end.',
  UnexpectedEndOfString: 'The closing quote of this text is missing.',
  UnexpectedEndOfNumber: 'This number is not complete.',
  InvalidUnicode: 'After \\u stand four hexadecimal digits.',
  InvalidEscapeCharacter: 'There is no such escape in JSON; write \\\\ for a backslash.',
  InvalidCharacter: 'This character must be escaped in a JSON text.',
}

const syntaxMessage = (code: string): string => MESSAGES[code] ?? `This is not JSON (${code}).`
