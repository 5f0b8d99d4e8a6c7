import { changesIn, isJsonObject, namesOf, type Change } from '../json-changes.ts'
import { child } from '../json-pointer.ts'
import type { JsonObject } from '../json.ts'
import type { Journey } from './journey.ts'
import { own } from '../own.ts'

export interface JourneyDiff {
  readonly steps: {
    readonly added: readonly string[]
    readonly removed: readonly string[]
    readonly changed: readonly { readonly step: string; readonly changes: readonly Change[] }[]
  }
  readonly messages: {
    readonly added: readonly string[]
    readonly removed: readonly string[]
    readonly changed: readonly { readonly message: string; readonly changes: readonly Change[] }[]
  }
  /** Everything outside steps and messages. */
  readonly settings: readonly Change[]
}

/** Left out of `settings`: shown by themselves, or no part of what a journey says. */
const NO_SETTINGS = new Set(['steps', 'messages', '$schema'])

/**
 * What is different in `to`, by step, by message, and in the rest; by name, then by place. A step
 * that was given another name is one removed and one added.
 */
export function diffJourneys(from: Journey, to: Journey): JourneyDiff {
  const [before, after] = [asJson(from), asJson(to)]
  const steps = diffParts('/steps', partsIn(before, 'steps'), partsIn(after, 'steps'))
  const messages = diffParts('/messages', partsIn(before, 'messages'), partsIn(after, 'messages'))
  return {
    steps: {
      ...steps,
      changed: steps.changed.map(({ name, changes }) => ({ step: name, changes })),
    },
    messages: {
      ...messages,
      changed: messages.changed.map(({ name, changes }) => ({ message: name, changes })),
    },
    settings: changesIn('', settingsOf(before), settingsOf(after)),
  }
}

function diffParts(pointer: string, before: JsonObject, after: JsonObject) {
  const names = namesOf(before, after)
  return {
    added: names.filter((name) => !Object.hasOwn(before, name)),
    removed: names.filter((name) => !Object.hasOwn(after, name)),
    changed: names
      .filter((name) => Object.hasOwn(before, name) && Object.hasOwn(after, name))
      .map((name) => ({
        name,
        changes: changesIn(child(pointer, name), before[name], after[name]),
      }))
      .filter(({ changes }) => changes.length > 0),
  }
}

function settingsOf(definition: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(definition).filter(([name]) => !NO_SETTINGS.has(name)))
}

function partsIn(definition: JsonObject, name: string): JsonObject {
  const parts = own(definition, name)
  return isJsonObject(parts) ? parts : {}
}

/** A definition holds nothing but JSON. */
const asJson = (journey: Journey): JsonObject => journey as unknown as JsonObject
