import type { CallRequest } from './actor/effects.ts'
import type { CallReply } from './journeys/call-answer.ts'
import type { RunDefinition } from './journeys/journey.ts'
import type { JsonValue } from './json.ts'
import { own } from './own.ts'

/** What webhooks answer, by `<journey>/<step>` or by the `saveAs` of the step. */
export type SimulatedAnswers = Readonly<
  Record<string, { readonly status: number; readonly body?: JsonValue }>
>

/** Success, with nothing to say: what a webhook answers of which nothing is said. */
const DONE = { status: 200, body: {} }

/** Answers calls out of a table. Nothing is called. */
export function simulatedCalls(
  answers: SimulatedAnswers,
  definitions: Readonly<Record<string, RunDefinition>>,
): (request: CallRequest) => CallReply {
  const answerOf = (name: string | undefined) =>
    name === undefined ? undefined : own(answers, name)
  return ({ journey, step, hash }) => {
    const called = definitions[hash]?.steps[step]
    const saveAs = called?.type === 'webhook' ? called.saveAs : undefined
    const answer = answerOf(`${journey}/${step}`) ?? answerOf(saveAs) ?? DONE
    return { ...answer, reason: `http_${answer.status}` }
  }
}
