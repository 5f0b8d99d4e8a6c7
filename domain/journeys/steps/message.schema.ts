import { z } from 'zod'
import { CHANNELS, type ChannelName, type Message, type MessageStep } from '../journey.ts'
import type { StepSpec } from './step-spec.ts'

export const messageStep = {
  schema: z.strictObject({
    type: z.literal('message'),
    message: z.string(),
    channels: z.array(z.enum(CHANNELS)).min(1).exactOptional(),
    next: z.string(),
    onFail: z.string().exactOptional(),
  }),
  rests: () => false,
  links: (step) => [
    { path: '/next', value: step.next },
    ...(step.onFail === undefined ? [] : [{ path: '/onFail', value: step.onFail }]),
  ],
  message: (step) => step.message,
  channels: channelsOf,
  compile: (step, messages) => ({ ...step, channels: channelsOf(step, messages[step.message]) }),
  problems: (step, { messages }) => {
    const message = messages.get(step.message)
    if (message === undefined)
      return [
        {
          code: 'unknown_message',
          path: '/message',
          message: `There is no message "${step.message}"; add it to "messages" or name one that is there.`,
          severity: 'error',
        },
      ]
    if (message === null) return []
    return (step.channels ?? []).flatMap((channel, index) =>
      message[channel] === undefined
        ? [
            {
              code: 'no_content',
              path: `/channels/${index}`,
              message: `The message "${step.message}" has nothing to say on "${channel}"; write it, or leave the channel out.`,
              severity: 'error' as const,
            },
          ]
        : [],
    )
  },
} as const satisfies StepSpec<MessageStep>

function channelsOf(step: MessageStep, message: Message | undefined): readonly ChannelName[] {
  return step.channels ?? CHANNELS.filter((channel) => message?.[channel] !== undefined)
}
