import { factsSet } from '../customers/fact-change.ts'
import { changeFacts } from '../customers/facts.ts'
import type { StepChanges } from '../journeys/step-handler.ts'
import type { JsonValue } from '../json.ts'
import { ARMS_MAX, type Run } from './customer-state.ts'
import { emit } from './emitted.ts'
import { note, patch, type Turn } from './turn.ts'

/** Carries out what a step changes on the way to the next one. The run as it is then; the caller stores it. */
export function applyChanges(turn: Turn, run: Run, changes: StepChanges, atMs: number): Run {
  const { traits, arm, pick, choice, emit: made, rounds, forgetMet } = changes
  if (traits !== undefined) setTraits(turn, run, traits, atMs)
  if (arm !== undefined) keepArm(turn, arm)
  if (choice !== undefined)
    note(turn, 'choice', atMs, `${placeOf(run)}: ${choice.summary}`, {
      runId: run.runId,
      step: run.step,
      ...choice.data,
    })
  if (made !== undefined) emit(turn, run, made, atMs)
  return {
    ...run,
    ...(pick === undefined ? {} : { picks: { ...run.picks, [run.step]: pick } }),
    ...(rounds === undefined ? {} : { rounds: without(run.rounds, run.step, rounds) }),
    ...(forgetMet === true ? { met: without(run.met, run.step, null) } : {}),
  }
}

const placeOf = (run: Run): string => `${run.journey}@${run.version} · ${run.step}`

function without(
  record: Readonly<Record<string, number>>,
  name: string,
  value: number | null,
): Record<string, number> {
  const { [name]: _gone, ...rest } = record
  return value === null ? rest : { ...rest, [name]: value }
}

/** The arm drawn longest ago is forgotten first; it would be drawn alike again. */
function keepArm(turn: Turn, { salt, arm }: { salt: string; arm: string }): void {
  const { arms } = turn.state
  if (Object.hasOwn(arms, salt) && arms[salt] === arm) return
  const { [salt]: _replaced, ...others } = arms
  const kept = Object.entries(others).slice(1 - ARMS_MAX)
  patch(turn, { arms: { ...Object.fromEntries(kept), [salt]: arm } })
}

/** Sets traits, for people at once and for conditions as far as the book keeps them. */
function setTraits(
  turn: Turn,
  run: Run,
  traits: Readonly<Record<string, JsonValue>>,
  atMs: number,
): void {
  Object.assign(turn.traits, traits)
  for (const name of Object.keys(traits)) turn.traitsBy[name] = run.journey
  const { book } = turn.rules
  if (book !== null) patch(turn, { facts: changeFacts(turn.state.facts, factsSet(traits, book)) })
  note(turn, 'trait', atMs, `${placeOf(run)} set ${Object.keys(traits).join(', ')}`, {
    runId: run.runId,
    step: run.step,
  })
}
