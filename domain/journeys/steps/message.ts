import type { MessageStep } from '../journey.ts'
import type { StepHandler } from '../step-handler.ts'

/** Sends one message on the first channel that may and can carry it; the run stays until that is final. */
export const message: StepHandler<MessageStep> = {
  enter: (step) => ({ type: 'send', message: step.message, channels: step.channels ?? [] }),
  resume: (step, wake) => (wake.type === 'unsent' ? (step.onFail ?? step.next) : step.next),
}
