import type { Finding } from '../errors.ts'
import { channelSpec } from '../channels/index.ts'
import { child } from '../json-pointer.ts'
import { readLanguage } from '../customers/read-locale.ts'
import { checkTemplate } from '../templates.ts'
import type { JourneyParts } from './journey-parts.ts'
import { contentsOf, hasContents } from './message-contents.ts'
import { countsIn, hasTooManyTags, TEMPLATE_TAGS_MAX, textsOf } from './message-texts.ts'
import { specOf } from './steps/registry.schema.ts'
import { CHANNELS } from './values.ts'

/** Texts, and where they stand. */
type Texts = Pick<JourneyParts, 'messages' | 'steps'>

/** What is wrong with a journey's messages: no content, nobody who sends them, bad names, bad Liquid. */
export function messageFindings(parts: Texts): Finding[] {
  return [
    ...emptyMessages(parts),
    ...unusedMessages(parts),
    ...needsFindings(parts),
    ...localeFindings(parts),
    ...hashesOfNothing(parts),
    ...templateFindings(parts),
    ...contentFindings(parts),
  ]
}

function emptyMessages({ messages }: Texts): Finding[] {
  return [...messages].flatMap(([name, message]): Finding[] =>
    message === null || hasContents(message)
      ? []
      : [
          {
            code: 'empty_message',
            path: child('/messages', name),
            message: `The message "${name}" says nothing; write it for at least one channel.`,
            severity: 'error',
          },
        ],
  )
}

/** A capacity is told by its name in a path: `PUT /v1/control/capacity/{name}`. */
function needsFindings({ messages }: Texts): Finding[] {
  return [...messages].flatMap(([name, message]): Finding[] => {
    const needs = message?.needs
    if (needs === undefined || CAPACITY_NAME.test(needs)) return []
    return [
      {
        code: 'bad_name',
        path: `${child('/messages', name)}/needs`,
        message: `"${needs}" cannot name a capacity; use small letters, digits, "-" and "_", such as contact-centre.`,
        severity: 'error',
      },
    ]
  })
}

const CAPACITY_NAME = /^[a-z0-9][a-z0-9_-]*$/

function contentFindings({ messages }: Texts): Finding[] {
  return [...messages].flatMap(([name, message]) =>
    message === null
      ? []
      : contentsOf(child('/messages', name), message).flatMap(({ path, contents }) =>
          CHANNELS.flatMap((channel) => {
            const content = contents[channel]
            if (content === undefined) return []
            return channelSpec(channel).findings?.(child(path, channel), content) ?? []
          }),
        ),
  )
}

/** A step decides by its message, not by the reader, where it can send: a channel is there for all. */
function localeFindings({ messages }: Texts): Finding[] {
  return [...messages].flatMap(([name, message]) =>
    Object.entries(message?.locales ?? {}).flatMap(([locale, contents]): Finding[] => {
      const path = child(`${child('/messages', name)}/locales`, locale)
      const language = readLanguage(locale)
      if (!language.ok || language.value !== locale)
        return [
          {
            code: 'bad_locale',
            path,
            message: `"${locale}" names no language; use a BCP 47 tag such as ${language.ok ? language.value : 'es or pt-BR'}.`,
            severity: 'error',
          },
        ]
      return CHANNELS.filter(
        (channel) => contents[channel] !== undefined && message?.[channel] === undefined,
      ).map((channel) => ({
        code: 'no_default_content',
        path: child(path, channel),
        message: `"${channel}" is written in "${locale}" only; write it for everybody else too, beside "locales".`,
        severity: 'error',
      }))
    }),
  )
}

function hashesOfNothing({ messages }: Texts): Finding[] {
  return [...messages].flatMap(([name, message]): Finding[] =>
    message?.hash === undefined || message.use !== undefined
      ? []
      : [
          {
            code: 'hash_without_use',
            path: `${child('/messages', name)}/hash`,
            message:
              'A hash names a version of a message of the library; name the message in "use", or take it out.',
            severity: 'error',
          },
        ],
  )
}

function unusedMessages({ messages, steps }: Texts): Finding[] {
  const used = new Set<string>()
  for (const step of steps.values()) {
    // A step that cannot be read may be the one that sends it.
    if (step === null) return []
    const name = specOf(step).message?.(step)
    if (name === undefined) continue
    // Misspelt, it may mean any of them.
    if (!messages.has(name)) return []
    used.add(name)
  }
  if (steps.size === 0) return []
  return [...messages.keys()]
    .filter((name) => !used.has(name))
    .map((name) => ({
      code: 'unused_message',
      path: child('/messages', name),
      message: `No step sends "${name}"; take it out, or send it.`,
      severity: 'warning',
    }))
}

function templateFindings(parts: Texts): Finding[] {
  return textsOf(parts).flatMap(({ path, value, use }): Finding[] => {
    if (hasTooManyTags(value))
      return [
        {
          code: 'template_too_complex',
          path,
          message: `The text has more than ${TEMPLATE_TAGS_MAX} tags and outputs; use a loop, or say less.`,
          severity: 'error',
        },
      ]
    const findings = checkTemplate(value, use).map(({ code, message, line, column }): Finding => ({
      code,
      path,
      message: `${message} (line ${line}, column ${column})`,
      severity: 'error',
    }))
    if (countsIn(value).includes(null))
      findings.push({
        code: 'count_not_named',
        path,
        message: `A count must name its event, as in counts['Order Completed'], so that it is kept.`,
        severity: 'error',
      })
    return findings
  })
}
