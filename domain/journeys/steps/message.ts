import { addDuration, instantFromIso } from '../../time.ts'
import type { MessageStep } from '../step.ts'
import type { StepHandler } from '../step-handler.ts'

/** Sends one message on the first channel that may and can carry it; the run stays until that is final. */
export const message: StepHandler<MessageStep> = {
  enter: (step, { atMs, zone }) => ({
    type: 'send',
    message: step.message,
    channels: step.channels ?? [],
    ...(step.sendBy === undefined ? {} : { sendByMs: sendByMs(step.sendBy, atMs, zone) }),
    ...(step.sendWindow === undefined ? {} : { sendWindow: step.sendWindow }),
    ...(step.onCap === undefined ? {} : { onCap: step.onCap }),
  }),
  resume: (step, wake) => (wake.type === 'unsent' ? (step.onFail ?? step.next) : step.next),
}

const sendByMs = (sendBy: string, atMs: number, zone: string): number =>
  instantFromIso(sendBy) ?? addDuration(atMs, sendBy, zone)
