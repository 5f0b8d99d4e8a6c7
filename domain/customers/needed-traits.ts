import { addressTrait, isTrait } from '../channels/address-trait.ts'
import type { Journey, Message } from '../journeys/journey.ts'
import { textsOf } from '../journeys/message-texts.ts'
import { readParts } from '../journeys/read-parts.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import { CHANNELS } from '../journeys/values.ts'
import { TemplateError, templateReads } from '../templates.ts'

/** What needs a trait: conditions and dates of live rules, texts of live versions, a channel's address. */
export type TraitNeed = 'rules' | 'templates' | 'channels'

export interface NeededTrait {
  readonly trait: string
  readonly by: readonly TraitNeed[]
}

/**
 * The traits that live rules, templates and channels need, by name. Computed from what is published,
 * so that nobody has to keep a list of them.
 */
export function neededTraits(
  book: RuleBook,
  journeys: readonly Pick<Journey, 'messages' | 'steps'>[],
  policyMessages: Readonly<Record<string, Message>> = {},
): NeededTrait[] {
  const needs = new Map<string, Set<TraitNeed>>()
  const need = (trait: string, by: TraitNeed): void => {
    if (isTrait(trait)) needs.set(trait, (needs.get(trait) ?? new Set()).add(by))
  }
  for (const kept of [book.traits, book.presence, book.dates ?? {}])
    for (const trait of Object.keys(kept)) need(trait, 'rules')
  for (const journey of [...journeys, { messages: policyMessages, steps: {} }]) {
    for (const { value } of textsOf(readParts(journey)))
      for (const trait of traitsIn(value)) need(trait, 'templates')
    for (const message of Object.values(journey.messages ?? {}))
      for (const channel of CHANNELS) {
        const address = addressTrait(channel)
        if (address !== null && message[channel] !== undefined) need(address, 'channels')
      }
  }
  return [...needs]
    .map(([trait, by]) => ({ trait, by: [...by].toSorted() }))
    .toSorted((one, other) => (one.trait < other.trait ? -1 : 1))
}

function traitsIn(template: string): string[] {
  try {
    return templateReads(template).flatMap(({ path: [root, part, trait] }) =>
      root === 'customer' && part === 'traits' && trait !== undefined ? [trait] : [],
    )
  } catch (error) {
    if (error instanceof TemplateError) return []
    throw error
  }
}
