import { z } from 'zod'
import type { Step, StepType } from '../step.ts'
import { branchStep } from './branch.schema.ts'
import { chooseStep } from './choose.schema.ts'
import { emitStep } from './emit.schema.ts'
import { exitStep } from './exit.schema.ts'
import { messageStep } from './message.schema.ts'
import { repeatStep } from './repeat.schema.ts'
import { splitStep } from './split.schema.ts'
import type { StepSpec } from './step-spec.ts'
import { updateStep } from './update.schema.ts'
import { waitForStep } from './wait-for.schema.ts'
import { waitStep } from './wait.schema.ts'
import { webhookStep } from './webhook.schema.ts'

const STEP_SPECS: { readonly [Type in StepType]: StepSpec<Extract<Step, { type: Type }>> } = {
  message: messageStep,
  wait: waitStep,
  waitFor: waitForStep,
  branch: branchStep,
  split: splitStep,
  choose: chooseStep,
  update: updateStep,
  emit: emitStep,
  webhook: webhookStep,
  repeat: repeatStep,
  exit: exitStep,
}

/** Any step. A type without a line here fails the comparison with `Journey` in `journey.schema.ts`. */
export const stepSchema = z.discriminatedUnion('type', [
  messageStep.schema,
  waitStep.schema,
  waitForStep.schema,
  branchStep.schema,
  splitStep.schema,
  chooseStep.schema,
  updateStep.schema,
  emitStep.schema,
  webhookStep.schema,
  repeatStep.schema,
  exitStep.schema,
])

/** Whether there are steps of this one's type: what was read from outside may be of a later release. */
export const isKnownStep = (step: Step): boolean => Object.hasOwn(STEP_SPECS, step.type)

/** How steps of this one's type are written. */
export function specOf<S extends Step>(step: S): StepSpec<S> {
  return STEP_SPECS[step.type] as unknown as StepSpec<S>
}
