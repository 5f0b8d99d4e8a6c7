import { DefinitionError } from '../../errors.ts'
import type { Step, StepType } from '../step.ts'
import type { StepHandler } from '../step-handler.ts'
import { branch } from './branch.ts'
import { choose } from './choose.ts'
import { emit } from './emit.ts'
import { exit } from './exit.ts'
import { message } from './message.ts'
import { repeat } from './repeat.ts'
import { split } from './split.ts'
import { update } from './update.ts'
import { waitFor } from './wait-for.ts'
import { wait } from './wait.ts'
import { webhook } from './webhook.ts'

/** Every step type. A member of `Step` without a handler does not compile. */
const HANDLERS: { readonly [Type in StepType]: StepHandler<Extract<Step, { type: Type }>> } = {
  message,
  wait,
  waitFor,
  branch,
  split,
  choose,
  update,
  emit,
  webhook,
  repeat,
  exit,
}

/**
 * The handler of a step's type.
 *
 * @throws {DefinitionError} for a type that nobody knows, as of a release after this one
 */
export function handlerOf<S extends Step>(step: S): StepHandler<S> {
  if (!Object.hasOwn(HANDLERS, step.type))
    throw new DefinitionError(`There is no step of type ${step.type}`)
  // The mapped type ties each key to its handler; TypeScript cannot follow that through an index.
  return HANDLERS[step.type] as unknown as StepHandler<S>
}
