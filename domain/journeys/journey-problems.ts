import type { Finding } from '../errors.ts'
import { audienceFindings } from './audience-entry.ts'
import { child } from '../json-pointer.ts'
import { answerFindings } from './answers-named.ts'
import { bounded } from './bounded-findings.ts'
import { competitionFindings } from './competition-findings.ts'
import { conditionFindings } from './condition-findings.ts'
import { limitFindings, STEPS_MAX } from './definition-limits.ts'
import { eventFindings } from './event-findings.ts'
import { entryFindings } from './entry-findings.ts'
import type { Journey } from './journey.ts'
import type { ChannelName } from './values.ts'
import { graphFindings } from './journey-graph.ts'
import type { JourneyParts } from './journey-parts.ts'
import { channelsOf, readsOf } from './journey-reads.ts'
import type { KnownNames } from './known-names.ts'
import { laneFindings } from './lane-findings.ts'
import { lockFindings } from './lock-findings.ts'
import { messageFindings } from './message-findings.ts'
import { nameFindings } from './name-findings.ts'
import { readDefinition } from './read-definition.ts'
import { savedFindings } from './saved-findings.ts'
import { specOf } from './steps/registry.schema.ts'
import { valueFindings } from './value-findings.ts'

export interface CheckedJourney {
  /** Null when there is an error among the findings: such a definition cannot be published. */
  readonly journey: Journey | null
  /** Everything that is wrong, not just the first thing; warnings too. */
  readonly findings: readonly Finding[]
  readonly effects: JourneyEffects
}

/** What the journey listens to, which traits it reads or sets, and on which channels it may send. */
export interface JourneyEffects {
  readonly events: readonly string[]
  readonly traits: readonly string[]
  readonly channels: readonly ChannelName[]
}

/**
 * Checks a definition from outside. Never throws: whatever is wrong with it is a finding with a
 * stable code (`docs/findings.md`), its place and what to do.
 *
 * `known`: what a store has seen. Without it nothing is said about names that nobody has used yet,
 * nor about other journeys.
 */
export function checkJourney(definition: unknown, known?: KnownNames): CheckedJourney {
  const limits = limitFindings(definition)
  if (limits.length > 0)
    return { journey: null, findings: limits, effects: { events: [], traits: [], channels: [] } }
  const { journey, parts, findings: shape } = readDefinition(definition)
  const findings = [
    ...shape,
    ...ownNameFindings(parts),
    ...graphFindings(parts),
    ...exitFindings(parts),
    ...entryFindings(parts),
    ...laneFindings(parts),
    ...lockFindings(parts, known?.nowMs),
    ...audienceFindings(parts, known?.nowMs),
    ...valueFindings(parts),
    ...stepFindings(parts),
    ...eventFindings(parts),
    ...conditionFindings(parts),
    ...messageFindings(parts),
    ...answerFindings(parts),
    ...savedFindings(parts),
    ...(known === undefined ? [] : outsideFindings(journey, parts, known)),
  ]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return {
    journey: isSound ? journey : null,
    findings: bounded(findings),
    effects: effectsOf(parts),
  }
}

/** What does not fit what the store has seen and the other journeys that are live. */
function outsideFindings(
  journey: Journey | null,
  parts: JourneyParts,
  known: KnownNames,
): Finding[] {
  const others = known.journeys.filter(({ key }) => key !== parts.key)
  return [
    ...nameFindings(parts, known),
    ...(journey === null ? [] : competitionFindings(journey, others)),
  ]
}

const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/

function ownNameFindings({ steps, messages }: JourneyParts): Finding[] {
  const findings: Finding[] = []
  const names = [
    ...[...steps.keys()].map((name) => ({ path: child('/steps', name), name })),
    ...[...messages.keys()].map((name) => ({ path: child('/messages', name), name })),
  ]
  for (const { path, name } of names)
    if (!NAME.test(name))
      findings.push({
        code: 'bad_name',
        path,
        message: `"${name}" cannot be a name here; use 1 to 64 letters, digits, ".", "-" or "_", with a letter or digit first.`,
        severity: 'error',
      })
  if (steps.size > STEPS_MAX)
    findings.push({
      code: 'too_many_steps',
      path: '/steps',
      message: `The journey has ${steps.size} steps, and at most ${STEPS_MAX} are taken; split it into several.`,
      severity: 'error',
    })
  return findings
}

function exitFindings({ exits }: JourneyParts): Finding[] {
  return exits
    .filter(({ part: { event, when } }) => event === undefined && when === undefined)
    .map(({ path }) => ({
      code: 'exit_always',
      path,
      message: 'This exit rule holds for everybody at once; give it "event", "when" or both.',
      severity: 'error',
    }))
}

function stepFindings({ steps, messages }: JourneyParts): Finding[] {
  return [...steps].flatMap(([id, step]) => {
    if (step === null) return []
    const findings = specOf(step).problems?.(step, { messages }) ?? []
    return findings.map((finding) => ({ ...finding, path: child('/steps', id) + finding.path }))
  })
}

function effectsOf(parts: JourneyParts): JourneyEffects {
  const { events, traits, presence } = readsOf(parts)
  const set = [...parts.steps.values()].flatMap((step) =>
    step === null ? [] : (specOf(step).traits?.(step) ?? []),
  )
  return {
    events: [...events.keys()].toSorted(),
    traits: [...new Set([...traits, ...presence, ...set])].toSorted(),
    channels: channelsOf(parts),
  }
}
