import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import type { JsonValue } from '../json.ts'
import { isSameJson } from '../same-json.ts'
import type { Journey, Message } from './journey.ts'
import type { StepId } from './values.ts'
import { specOf } from './steps/registry.schema.ts'
import { own } from '../own.ts'

/**
 * Where the people on each step of one version go: a step of the other version, `exit` or `stay`.
 * These two words mean what they say, also where a step is called so.
 */
export type MigrationSteps = Readonly<Record<StepId, string>>

/** What a plan has in store for who stands on a step. */
export type Way =
  | { readonly type: 'move'; readonly to: StepId }
  | { readonly type: 'exit' }
  | { readonly type: 'stay' }

/** What a plan says about a step; null where it does not name it. */
export function wayFrom(steps: MigrationSteps, step: StepId): Way | null {
  const way = own(steps, step)
  if (way === undefined) return null
  return way === 'exit' || way === 'stay' ? { type: way } : { type: 'move', to: way }
}

/** What is wrong with a plan whoever is inside. Paths point into the request. */
export function planFindings(from: Journey, to: Journey, steps: MigrationSteps): Finding[] {
  const reached = stepsFrom(to, [to.start])
  const moves = Object.keys(steps).some((step) => wayFrom(steps, step)?.type === 'move')
  return [
    ...(moves ? laneFindings(from, to) : []),
    ...Object.keys(steps).flatMap((step) => stepFindings(from, to, steps, { step, reached })),
  ]
}

/** Who competes cannot become somebody who does not in the middle of a run, nor the other way round. */
function laneFindings(from: Journey, to: Journey): Finding[] {
  const [old, next] = [from, to].map(({ lane = 'foreground' }) => lane)
  return old === next
    ? []
    : [
        error(
          'other_lane',
          '/to',
          `The old version runs in the lane "${old}" and the new one in "${next}"; let people finish, or take them to "exit".`,
        ),
      ]
}

function stepFindings(
  from: Journey,
  to: Journey,
  steps: MigrationSteps,
  { step, reached }: { readonly step: StepId; readonly reached: ReadonlySet<StepId> },
): Finding[] {
  const path = child('/steps', step)
  const findings: Finding[] = []
  if (!Object.hasOwn(from.steps, step))
    findings.push(error('unknown_step', path, `The old version has no step "${step}".`))
  const way = wayFrom(steps, step)
  if (way?.type !== 'move') return findings
  if (!Object.hasOwn(to.steps, way.to))
    findings.push(
      error(
        'unknown_target',
        path,
        `The new version has no step "${way.to}"; name one of its steps, "exit" or "stay".`,
      ),
    )
  else if (!reached.has(way.to))
    findings.push(
      error(
        'unreachable_target',
        path,
        `No path of the new version leads to "${way.to}"; name a step that customers come to.`,
      ),
    )
  return findings
}

/**
 * Messages that somebody who is taken from `step` to `target` would come to and could not come to
 * any more in the old version: who has got one of them would get it again. By the names that the old
 * version knows them by, too, where the new one has the same content under another name.
 */
export function regainedMessages(
  from: Journey,
  to: Journey,
  { step, target }: { readonly step: StepId; readonly target: StepId },
): Set<string> {
  const stillAhead = messagesOn(from, stepsFrom(from, linksOf(from, step)))
  const regained = new Set<string>()
  for (const name of messagesOn(to, stepsFrom(to, [target])))
    for (const known of [name, ...twinsOf(from, to.messages?.[name])])
      if (!stillAhead.has(known)) regained.add(known)
  return regained
}

/** How many people would get a message again that they already got. */
export interface Resent {
  readonly step: StepId
  readonly message: string
  readonly people: number
}

/** What speaks against a plan because of where people stand and what they have got. */
export function censusFindings(
  steps: MigrationSteps,
  {
    resting,
    resent,
    resend,
  }: {
    /** People on each step of the old version where somebody rests. */
    readonly resting: Readonly<Record<StepId, number>>
    readonly resent: readonly Resent[]
    /** Whether the plan says that messages may be sent again. */
    readonly resend: boolean
  },
): Finding[] {
  const forgotten = Object.entries(resting)
    .filter(([step]) => wayFrom(steps, step) === null)
    .map(([step, people]) =>
      error(
        'step_not_named',
        '/steps',
        `${countOf(people)} on "${step}", which the plan does not name; give it a step of the new version, "exit" or "stay".`,
      ),
    )
  if (resend) return forgotten
  return [
    ...forgotten,
    ...resent.map(({ step, message, people }) =>
      error(
        'would_resend',
        child('/steps', step),
        `${countOf(people)} on "${step}" who already got "${message}" and would get it again; take them to a later step, or say "resend": true.`,
      ),
    ),
  ]
}

function stepsFrom({ steps }: Journey, roots: readonly StepId[]): Set<StepId> {
  const reached = new Set(roots.filter((id) => Object.hasOwn(steps, id)))
  // A set visits what is added while it is walked.
  for (const id of reached)
    for (const next of linksOf({ steps }, id)) if (Object.hasOwn(steps, next)) reached.add(next)
  return reached
}

function linksOf({ steps }: Pick<Journey, 'steps'>, id: StepId): StepId[] {
  const step = own(steps, id)
  if (step === undefined) return []
  return specOf(step)
    .links(step)
    .map(({ value }) => value)
}

function messagesOn({ steps }: Journey, ids: ReadonlySet<StepId>): Set<string> {
  const names = [...ids].flatMap((id) => {
    const step = steps[id]
    const name = step === undefined ? undefined : specOf(step).message?.(step)
    return name === undefined ? [] : [name]
  })
  return new Set(names)
}

/** Names of messages that say the same on every channel. */
function twinsOf({ messages = {} }: Journey, message: Message | undefined): string[] {
  if (message === undefined) return []
  return Object.entries(messages)
    .filter(([, other]) => isSameJson(asJson(other), asJson(message)))
    .map(([name]) => name)
}

/** A message is JSON; its type says more than `isSameJson` wants to know. */
const asJson = (message: Message): JsonValue => message as unknown as JsonValue

const countOf = (people: number): string => (people === 1 ? '1 person is' : `${people} people are`)

const error = (code: string, path: string, message: string): Finding => ({
  code,
  path,
  message,
  severity: 'error',
})
