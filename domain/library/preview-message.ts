import { channelSpec } from '../channels/index.ts'
import type { Message } from '../journeys/journey.ts'
import { inLocale, writtenIn } from '../journeys/message-contents.ts'
import { countsIn, textsOfMessage } from '../journeys/message-texts.ts'
import { CHANNELS, type ChannelName } from '../journeys/values.ts'
import type { JsonObject } from '../json.ts'
import { renderTemplate, TemplateError, type TemplateScope } from '../templates.ts'

/** What would go out on one channel, or all that keeps it from being written. */
export interface ChannelPreview {
  readonly channel: ChannelName
  /** The language it is written in; null where it is what everybody else reads. */
  readonly locale: string | null
  /** Null: the customer cannot be reached here. */
  readonly to: string | null
  /** Null where there is a problem. */
  readonly content: Message[ChannelName] | null
  readonly problems: readonly PreviewProblem[]
}

export interface PreviewProblem {
  /** Within the channel's content: `/subject`. */
  readonly path: string
  readonly message: string
  readonly line: number
  readonly column: number
}

export interface PreviewReader {
  readonly traits: JsonObject
  readonly devices: readonly string[]
  readonly locale: string | null
}

/** A message as one customer would get it on each of its channels. */
export function previewMessage(
  message: Message,
  scope: TemplateScope,
  reader: PreviewReader,
): ChannelPreview[] {
  const read = inLocale(message, reader.locale)
  const counts = { ...noCounts(message), ...scope.counts }
  return CHANNELS.flatMap((channel) =>
    read[channel] === undefined
      ? []
      : [
          {
            channel,
            locale: writtenIn(message, channel, reader.locale),
            ...rendered(channel, read, { ...scope, counts }, reader),
          },
        ],
  )
}

function rendered<Name extends ChannelName>(
  channel: Name,
  message: Message,
  scope: TemplateScope,
  { traits, devices }: PreviewReader,
): Pick<ChannelPreview, 'to' | 'content' | 'problems'> {
  const content: Message[Name] | undefined = message[channel]
  const { destination, templates, render } = channelSpec(channel)
  const to = destination(traits, content, devices)
  if (content === undefined) return { to, content: null, problems: [] }
  const problems = templates('', content).flatMap(({ path, value }) =>
    problemOf(path, value, scope),
  )
  return { to, content: problems.length > 0 ? null : render(content, scope), problems }
}

function problemOf(path: string, template: string, scope: TemplateScope): PreviewProblem[] {
  try {
    renderTemplate(template, scope)
    return []
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const { message, line, column } = error
    return [{ path, message, line, column }]
  }
}

/** An actor knows each event that a text counts, also where it never happened. */
const noCounts = (message: Message): Record<string, number> =>
  Object.fromEntries(
    textsOfMessage('', message).flatMap(({ value }) =>
      countsIn(value).flatMap((event) => (event === null ? [] : [[event, 0] as const])),
    ),
  )
