import { changesIn, isJsonObject, type Change } from './json-changes.ts'
import { child } from './json-pointer.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { isSameJson } from './same-json.ts'
import { own } from './own.ts'
import { ruleContent, type RuleDocument } from './rule-documents.ts'

/**
 * What is different in `to`. Rules with a name are compared with those of the same name, so that one
 * more at the beginning of a list is one more and not a change of all; their place is the one in
 * `to`, of those that are gone the one in `from`. Where the order of those in both differs, the names
 * in their order are what changed.
 */
export function diffRules(from: RuleDocument, to: RuleDocument): Change[] {
  const [before, after] = [asJson(ruleContent(from)), asJson(ruleContent(to))]
  return namesIn(before, after).flatMap((name) => {
    const path = child('', name)
    const [one, other] = [own(before, name), own(after, name)]
    const [old, current] = [byName(one), byName(other)]
    return old === null || current === null
      ? changesIn(path, one, other)
      : changesByName(path, old, current)
  })
}

type Named = ReadonlyMap<string, { readonly index: number; readonly rule: JsonValue }>

/** A list of rules by name; null where not each has one of its own. */
function byName(list: JsonValue | undefined): Named | null {
  if (!Array.isArray(list)) return null
  const named = new Map<string, { index: number; rule: JsonValue }>()
  for (const [index, rule] of list.entries()) {
    const name = nameOf(rule)
    if (name === null || named.has(name)) return null
    named.set(name, { index, rule })
  }
  return named
}

function nameOf(rule: JsonValue): string | null {
  if (!isJsonObject(rule)) return null
  const name = own(rule, 'name') ?? own(rule, 'preset')
  return typeof name === 'string' ? name : null
}

function changesByName(path: string, before: Named, after: Named): Change[] {
  const gone = [...before].filter(([name]) => !after.has(name))
  const kept = [...before.keys()].filter((name) => after.has(name))
  const order = [...after.keys()].filter((name) => before.has(name))
  return [
    ...gone.map(([, { index, rule }]) => ({ path: child(path, index), from: rule })),
    ...[...after].flatMap(([name, { index, rule }]) =>
      changesIn(child(path, index), before.get(name)?.rule, rule),
    ),
    ...(isSameJson(kept, order) ? [] : [{ path, from: kept, to: order }]),
  ]
}

const namesIn = (one: JsonObject, other: JsonObject): string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted()

/** A document holds nothing but JSON. */
const asJson = (document: object): JsonObject => document as JsonObject
