import { channelSpec } from '../channels/index.ts'
import { child } from '../json-pointer.ts'
import { TemplateError, templateReads, type TemplateRead, type TemplateUse } from '../templates.ts'
import type { Message } from './journey.ts'
import { contentsOf } from './message-contents.ts'
import type { JourneyParts } from './journey-parts.ts'
import { specOf } from './steps/registry.schema.ts'
import type { Place } from './steps/step-spec.ts'
import { CHANNELS } from './values.ts'

/** A template, where it stands, and what it is part of. */
export interface Text extends Place {
  readonly use: TemplateUse
}

/** Every template of a journey: of its messages and of steps that call out. An address is none. */
export function textsOf({ messages, steps }: Pick<JourneyParts, 'messages' | 'steps'>): Text[] {
  return [
    ...[...messages].flatMap(([name, message]): Text[] =>
      message === null
        ? []
        : textsOfMessage(child('/messages', name), message).map((text) => ({
            ...text,
            use: 'message',
          })),
    ),
    ...[...steps].flatMap(([id, step]): Text[] =>
      step === null
        ? []
        : (specOf(step).texts?.(step) ?? []).map(({ path, value }) => ({
            path: child('/steps', id) + path,
            value,
            use: 'call',
          })),
    ),
  ]
}

/** Every template of a message, in whatever language, with its place under `path`. */
export const textsOfMessage = (path: string, message: Message): Place[] =>
  contentsOf(path, message).flatMap((place) =>
    CHANNELS.flatMap((channel) => {
      const content = place.contents[channel]
      return content === undefined
        ? []
        : channelSpec(channel).templates(child(place.path, channel), content)
    }),
  )

/** Tags and outputs of one template; finding the place of each costs time with its length. */
export const TEMPLATE_TAGS_MAX = 2_000

export function hasTooManyTags(template: string): boolean {
  return template.split(/\{[{%]/, TEMPLATE_TAGS_MAX + 2).length > TEMPLATE_TAGS_MAX + 1
}

/** What a template reads of `root`, or all that it reads. Nothing for one that is refused. */
export function readsIn(template: string, root?: string): TemplateRead[] {
  // Reading a template is dear, and many read nothing.
  if (!template.includes(root ?? '{') || hasTooManyTags(template)) return []
  try {
    return templateReads(template).filter(({ path }) => root === undefined || path[0] === root)
  } catch (error) {
    if (error instanceof TemplateError) return []
    throw error
  }
}

/**
 * Events whose `counts` a template shows: `counts['Order Completed']`. `null` stands for a name
 * that is only known when the template is rendered. Nothing for a template that is refused.
 */
export function countsIn(template: string): (string | null)[] {
  return readsIn(template, 'counts').map(({ path: [, event] }) => event ?? null)
}
