import type { WebhookStep } from '../step.ts'
import type { StepHandler } from '../step-handler.ts'

/** Calls a system outside; the run stays until it has answered or is given up. */
export const webhook: StepHandler<WebhookStep> = {
  enter: () => ({ type: 'call' }),
  resume: (step, wake) => (wake.type === 'unanswered' ? (step.onFail ?? step.next) : step.next),
}
