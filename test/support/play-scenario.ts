import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { addDuration } from '../../domain/time.ts'
import type { Act, Scenario } from './scenarios/scenario.ts'

/** What the receiver of all scenarios answers, by path. */
export const ANSWERS: Readonly<Record<string, { status: number; body: JsonObject }>> = {
  '/ok': { status: 200, body: {} },
  '/tier': { status: 200, body: { tier: 'gold' } },
  '/gone': { status: 410, body: {} },
}

/** The same for the simulator, which goes by journey and step. */
const SIMULATED_ANSWERS = {
  'hooks/ask': ANSWERS['/tier'],
  'hooks/refused': ANSWERS['/gone'],
}

const EMAIL = 'someone@example.com'

/** Traits from the beginning: reachable by mail, unless the scenario says otherwise. */
export const traitsOf = (scenario: Scenario, startMs: number): JsonObject => ({
  email: EMAIL,
  ...withDates(scenario.traits ?? {}, startMs),
})

/** `in P30D` becomes the date so long after the beginning. */
export function withDates(traits: JsonObject, startMs: number): JsonObject {
  const dated = (value: JsonValue): JsonValue =>
    typeof value === 'string' && value.startsWith('in P')
      ? new Date(addDuration(startMs, value.slice('in '.length))).toISOString().slice(0, 10)
      : value
  return Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, dated(value)]))
}

export interface Played {
  readonly customerId: string
  /** When the customer was made, and when what was said at the beginning arrived. */
  readonly createdAtMs: number
  readonly consentAtMs: number
  /** When each act arrived. */
  readonly actsAtMs: readonly number[]
  readonly untilMs: number
}

/** The scenario as a body of `POST /v1/journeys/simulate`, with the instants at which it was played. */
export function simulationOf(scenario: Scenario, played: Played): JsonObject {
  const at = (ms: number): string => new Date(ms).toISOString()
  const start = played.createdAtMs
  const consents =
    scenario.consent === false ? [] : [{ at: at(played.consentAtMs), ...consentAct(true) }]
  return {
    customer: {
      customerId: played.customerId,
      traits: traitsOf(scenario, start),
      createdAt: at(start),
    },
    events: [
      ...consents,
      ...scenario.acts.map((act, index) => {
        const atMs = played.actsAtMs[index] ?? 0
        return { at: at(atMs), ...toEvent(act, atMs, start) }
      }),
    ],
    answers: SIMULATED_ANSWERS as unknown as JsonObject,
    until: at(played.untilMs),
  }
}

const consentAct = (granted: boolean) => ({
  type: 'consent',
  purpose: 'marketing',
  channel: 'email',
  granted,
  source: 'test',
})

function toEvent(act: Act, atMs: number, startMs: number): JsonObject {
  if ('identify' in act) return { type: 'identify', traits: withDates(act.identify, startMs) }
  if ('consent' in act) return consentAct(act.consent)
  if ('exit' in act) return { type: 'exit', ...act.exit }
  if ('enter' in act) return { type: 'enter', ...act.enter }
  const { event, properties = {}, historical, lateMs } = act
  return {
    event,
    properties,
    ...(historical === undefined ? {} : { historical }),
    ...(lateMs === undefined ? {} : { timestamp: new Date(atMs - lateMs).toISOString() }),
  }
}
