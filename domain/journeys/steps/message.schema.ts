import { z } from 'zod'
import type { Finding } from '../../errors.ts'
import { nearestName } from '../../nearest-name.ts'
import { parseDurationProblem } from '../../time.ts'
import { instantProblem } from '../instant-problem.ts'
import type { Message } from '../journey.ts'
import { CHANNELS, WEEKDAYS, type ChannelName } from '../values.ts'
import type { MessageStep } from '../step.ts'
import type { StepSpec } from './step-spec.ts'

export const sendWindowSchema = z.strictObject({
  weekdays: z.array(z.enum(WEEKDAYS)).min(1).describe('Default: every day').exactOptional(),
  from: z.string().describe('Local time, `HH:MM`'),
  until: z.string().describe('Local time, `HH:MM`; the first that is too late'),
})

export const messageStep = {
  schema: z.strictObject({
    type: z.literal('message').describe('Sends a message over one channel'),
    message: z.string().describe('Its name in `messages`'),
    channels: z
      .array(z.enum(CHANNELS))
      .min(1)
      .describe('Tried in this order. Default: those that the message has content for')
      .exactOptional(),
    next: z.string().describe('Id of the next step'),
    onFail: z
      .string()
      .describe('Id of the next step where no channel could send. Default: `next`')
      .exactOptional(),
    sendBy: z
      .string()
      .describe(
        'The latest that it may go out: an instant, or a duration from the arrival here. Default: `P3D`',
      )
      .exactOptional(),
    sendWindow: z
      .array(sendWindowSchema)
      .min(1)
      .describe("When it may go out, on the customer's clock; else it is held")
      .exactOptional(),
    onCap: z
      .enum(['skip', 'hold', 'otherChannel'])
      .describe('What becomes of it where a cap forbids it. Default: as the contact policy says')
      .exactOptional(),
  }),
  links: (step) => [
    { path: '/next', value: step.next },
    ...(step.onFail === undefined ? [] : [{ path: '/onFail', value: step.onFail }]),
  ],
  localTimes: (step) =>
    (step.sendWindow ?? []).flatMap(({ from, until }, index) => [
      { path: `/sendWindow/${index}/from`, value: from },
      { path: `/sendWindow/${index}/until`, value: until },
    ]),
  message: (step) => step.message,
  channels: channelsOf,
  compile: (step, messages) => ({ ...step, channels: channelsOf(step, messages[step.message]) }),
  problems: (step, { messages }) => [
    ...contentFindings(step, messages),
    ...sendByFindings(step),
    ...windowFindings(step),
  ],
} as const satisfies StepSpec<MessageStep>

function contentFindings(
  step: MessageStep,
  messages: ReadonlyMap<string, Message | null>,
): Finding[] {
  const message = messages.get(step.message)
  if (message === undefined) {
    const nearest = nearestName(step.message, messages.keys())
    return [
      {
        code: 'unknown_message',
        path: '/message',
        message: `There is no message "${step.message}"; ${nearest === null ? 'add it to "messages" or name one that is there.' : `do you mean "${nearest}"?`}`,
        severity: 'error',
      },
    ]
  }
  if (message === null) return []
  return (step.channels ?? []).flatMap((channel, index): Finding[] =>
    message[channel] === undefined
      ? [
          {
            code: 'no_content',
            path: `/channels/${index}`,
            message: `The message "${step.message}" has nothing to say on "${channel}"; write it, or leave the channel out.`,
            severity: 'error',
          },
        ]
      : [],
  )
}

/** A duration or an instant. */
function sendByFindings({ sendBy }: MessageStep): Finding[] {
  if (sendBy === undefined || instantProblem(sendBy) === null) return []
  const isDuration = /^[+-]?P/i.test(sendBy)
  const message = isDuration
    ? parseDurationProblem(sendBy)
    : `"${sendBy}" is neither a duration, such as PT6H, nor an instant, such as 2026-12-24T18:00:00+01:00.`
  return message === null
    ? []
    : [
        {
          code: isDuration ? 'bad_duration' : 'bad_instant',
          path: '/sendBy',
          message,
          severity: 'error',
        },
      ]
}

/** A window over midnight ends on the next day; one that ends when it begins says nothing. */
function windowFindings({ sendWindow = [] }: MessageStep): Finding[] {
  return sendWindow.flatMap(({ from, until }, index): Finding[] =>
    from === until
      ? [
          {
            code: 'empty_window',
            path: `/sendWindow/${index}/until`,
            message: `The window ends when it begins, at ${from}; end it at another time, or leave it out to send at any time.`,
            severity: 'error',
          },
        ]
      : [],
  )
}

function channelsOf(step: MessageStep, message: Message | undefined): readonly ChannelName[] {
  return step.channels ?? CHANNELS.filter((channel) => message?.[channel] !== undefined)
}
