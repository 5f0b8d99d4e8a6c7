import { LIFECYCLE_STATES } from '../journeys/journey.ts'
import { CHANNELS } from '../journeys/values.ts'
import { nearestName } from '../nearest-name.ts'
import { isZone } from '../time.ts'
import { isClockMethod } from './bind-functions.ts'
import { unknownStatesIn } from './claims.ts'
import { isInstant, isLength } from './functions.ts'
import { nodesOf, textOf } from './syntax.ts'
import { tryParse } from './try-parse.ts'
import type { Node } from './language.ts'

export interface LiteralProblem {
  readonly code:
    | 'unknown_zone'
    | 'unknown_channel'
    | 'unknown_value'
    | 'bad_duration'
    | 'bad_instant'
  readonly message: string
}

/** Consent may be recorded for any channel, so only a slip of these is one. */
const CONSENT_CHANNELS: ReadonlySet<string> = new Set([...CHANNELS, 'sms', 'push'])

/**
 * What is written out in a condition and says nothing: a time zone, an instant, a length of time or
 * a lifecycle state that there is not. It would fail, or never hold, whatever the customer's data.
 * For the checker alone: what is published goes on meaning what it meant.
 */
export function literalProblems(source: string): LiteralProblem[] {
  const ast = tryParse(source)
  if (ast === null) return []
  return [...[...nodesOf(ast)].flatMap(problemsOfCall), ...unknownStatesIn(ast).map(problemOfState)]
}

function problemsOfCall(node: Node): LiteralProblem[] {
  if (node.op !== 'call' && node.op !== 'rcall') return []
  const [name] = node.args
  const [text, second] = (node.op === 'call' ? node.args[1] : node.args[2]).map(textOf)
  if (typeof text !== 'string') return []
  const problem =
    node.op === 'rcall' ? zoneProblem(name, text) : literalProblem(name, text, second ?? null)
  return problem === null ? [] : [problem]
}

function zoneProblem(method: string, zone: string): LiteralProblem | null {
  if (!isClockMethod(method) || isZone(zone)) return null
  return {
    code: 'unknown_zone',
    message: `"${zone}" is not a time zone; use an IANA name such as Europe/Madrid.`,
  }
}

function literalProblem(name: string, text: string, second: string | null): LiteralProblem | null {
  if (name === 'duration' && !isLength(text))
    return {
      code: 'bad_duration',
      message: `"${text}" is not a length of time; write it as "P3D" or "72h".`,
    }
  if (name === 'consented' && second !== null) {
    const nearest = CONSENT_CHANNELS.has(second) ? null : nearestName(second, CONSENT_CHANNELS)
    return nearest === null
      ? null
      : {
          code: 'unknown_channel',
          message: `There is no channel "${second}"; do you mean "${nearest}"?`,
        }
  }
  if (name === 'reachable' && !(CHANNELS as readonly string[]).includes(text))
    return {
      code: 'unknown_value',
      message: `"${text}" is not a channel; use one of ${CHANNELS.join(', ')}.`,
    }
  if (name === 'timestamp' && !isInstant(text))
    return {
      code: 'bad_instant',
      message: `"${text}" is not an instant; write it with an offset, as 2026-12-24T18:00:00+01:00.`,
    }
  return null
}

function problemOfState(state: string): LiteralProblem {
  return {
    code: 'unknown_value',
    message: `"${state}" is not a lifecycle state; use one of ${LIFECYCLE_STATES.join(', ')}.`,
  }
}
