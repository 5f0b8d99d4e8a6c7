import { conjunctsOf, constantOf, type Conjunct } from '../conditions/claims.ts'
import { isPersonalTrait } from '../customers/personal-traits.ts'
import type { Finding } from '../errors.ts'
import { instantFromIso } from '../time.ts'
import type { Trigger } from './journey.ts'
import type { JourneyParts, Placed } from './journey-parts.ts'

/** What keeps everybody out of a journey, or lets them in where nobody meant it. */
export function entryFindings(parts: JourneyParts): Finding[] {
  return [
    ...reentryFindings(parts),
    ...dateFindings(parts),
    ...ownEndFindings(parts),
    ...deadFindings(parts),
    ...exclusionFindings(parts),
    ...resumeFindings(parts),
  ]
}

/** What the entry event has where no event of a caller lets the customer in. */
const PROPERTIES_OF_ITS_OWN: Readonly<Record<string, readonly string[]>> = {
  lifecycle: ['from', 'to'],
  date: ['trait', 'date'],
  ended: ['journey', 'version', 'reason'],
}

/** Whether the entry event of a trigger can have a property of that name. */
function hasProperty(trigger: Trigger, property: string): boolean {
  if ('event' in trigger || 'api' in trigger) return true
  return Object.entries(PROPERTIES_OF_ITS_OWN).some(
    ([kind, properties]) => kind in trigger && properties.includes(property),
  )
}

/** The same of an audience. */
const PROPERTIES_OF_AUDIENCES: readonly string[] = ['journey', 'audience', 'run']

function reentryFindings({ reentry, triggers, audience }: JourneyParts): Finding[] {
  if (reentry?.mode !== 'perKey') return []
  const { property } = reentry
  const lacking = triggers.filter(({ part }) => !hasProperty(part, property))
  const isLackedByAudience = audience !== null && !PROPERTIES_OF_AUDIENCES.includes(property)
  const findings = [...lacking, ...(isLackedByAudience ? [{ path: '/entry/audience' }] : [])].map(
    ({ path }): Finding => ({
      code: 'no_entry_event',
      path,
      message: `Nothing that happens here has a property "${property}"; name one that its entry event has.`,
      severity: 'error',
    }),
  )
  if (isPersonalTrait(property))
    findings.push({
      code: 'personal_trait',
      path: '/entry/reentry/property',
      message: `"${property}" is personal data, which no actor keeps; tell entries apart by another property.`,
      severity: 'error',
    })
  return findings
}

/** Of a personal date an actor knows day and month, and so nothing that comes once. */
function dateFindings({ triggers }: JourneyParts): Finding[] {
  return triggers.flatMap(({ path, part }): Finding[] =>
    'date' in part && isPersonalTrait(part.date) && part.yearly !== true
      ? [
          {
            code: 'personal_trait',
            path: `${path}/date`,
            message: `"${part.date}" is personal data, of which only day and month reach the actor; add "yearly": true, or use another trait.`,
            severity: 'error',
          },
        ]
      : [],
  )
}

function ownEndFindings({ key, triggers }: JourneyParts): Finding[] {
  return triggers.flatMap(({ path, part }): Finding[] =>
    'ended' in part && part.ended === key
      ? [
          {
            code: 'starts_itself',
            path: `${path}/ended`,
            message: `The journey would start at its own end, over and over; name another journey, or bound it with a "repeat".`,
            severity: 'error',
          },
        ]
      : [],
  )
}

/** Triggers that let nobody in. Where all of them do, the journey can never be entered. */
function deadFindings(parts: JourneyParts): Finding[] {
  const { triggers, audience, entryWhen, valid } = parts
  const from = valid?.from === undefined ? null : instantFromIso(valid.from)
  const until = valid?.until === undefined ? null : instantFromIso(valid.until)
  if (from !== null && until !== null && from >= until)
    return [never('/valid', 'It is valid until an instant that is not after "from"')]
  if (entryWhen !== null && constantOf(entryWhen) === false)
    return [never('/entry/when', 'The entry condition never holds')]
  const always = conjunctsOf(entryWhen ?? '')
  const dead = triggers.flatMap((trigger) => {
    const reason = whyDead(trigger, always)
    return reason === null ? [] : [{ path: trigger.path, reason }]
  })
  const [first] = dead
  if (first !== undefined && dead.length === triggers.length && audience === null)
    return [never(first.path, first.reason)]
  return dead.map(({ path, reason }) => ({
    code: 'dead_trigger',
    path,
    message: `${reason}, so nobody ever enters this way; mend the conditions, or take the trigger out.`,
    severity: 'warning',
  }))
}

function never(path: string, reason: string): Finding {
  return {
    code: 'never_entered',
    path,
    message: `${reason}, so nobody can ever enter; mend it.`,
    severity: 'error',
  }
}

/** Why this trigger lets nobody in; null where it may. */
function whyDead({ part }: Placed<Trigger>, always: readonly Conjunct[]): string | null {
  if (part.when !== undefined && constantOf(part.when) === false)
    return 'The condition of the trigger never holds'
  const claims = requiredBy(part, always).map(({ claim }) => claim)
  let states: readonly string[] | null = 'lifecycle' in part ? [part.lifecycle] : null
  for (const claim of claims) {
    if (claim?.type === 'notHappened' && 'event' in part && claim.event === part.event)
      return `"${part.event}" lets somebody in, and a condition asks that it has not happened`
    if (claim?.type !== 'lifecycle') continue
    states = states?.filter((state) => claim.states.includes(state)) ?? claim.states
  }
  return states?.length === 0 ? 'No lifecycle state fits both the trigger and the conditions' : null
}

/** What must hold for somebody to enter by this trigger; `always`: whatever the trigger. */
function requiredBy(
  { when }: Pick<Trigger, 'when'>,
  always: readonly Conjunct[],
): readonly Conjunct[] {
  return when === undefined ? always : [...conjunctsOf(when), ...always]
}

/** Journeys whose exit rules, or whose own key, turn away everybody who may enter. */
function exclusionFindings(parts: JourneyParts): Finding[] {
  const { key, triggers, audience, entryWhen, exits } = parts
  const findings: Finding[] = []
  const always = conjunctsOf(entryWhen ?? '')
  const ways: readonly Pick<Trigger, 'when'>[] = [
    ...triggers.map(({ part }) => part),
    ...(audience === null ? [] : [{}]),
  ]
  const entering = ways.map((way) => requiredBy(way, always))
  const needsItself = entering.map((conjuncts) =>
    conjuncts.some(({ claim }) => claim?.type === 'inside' && claim.journey === key),
  )
  if (needsItself.length > 0 && needsItself.every((needs) => needs))
    findings.push({
      code: 'excludes_itself',
      path: '/entry',
      message: `Only who is in "${key}" may enter it, and who is in it cannot; take the condition out.`,
      severity: 'error',
    })
  const held = entering.map((conjuncts, index) => {
    const texts = conjuncts.map(({ text }) => asSeenByExits(text))
    const part = triggers[index]?.part
    const own =
      part !== undefined && 'lifecycle' in part
        ? conjunctsOf(`customer.lifecycle == '${part.lifecycle}'`)
        : []
    return new Set([...texts, ...own.map(({ text }) => text)])
  })
  for (const { path, part } of exits) {
    if (part.event !== undefined || part.when === undefined) continue
    const needed = conjunctsOf(part.when).map(({ text }) => text)
    const isMet = held.length > 0 && held.every((texts) => needed.every((text) => texts.has(text)))
    if (constantOf(part.when) === true || (needed.length > 0 && isMet))
      findings.push({
        code: 'excludes_itself',
        path: `${path}/when`,
        message:
          'This exit rule holds for everybody who may enter, so nobody gets in; make it narrower, or give it an "event".',
        severity: 'error',
      })
  }
  return findings
}

/** The trigger's `event` is the run's `entry`. */
function asSeenByExits(text: string): string {
  return text.replaceAll(/(?<![\w."])event\./g, 'entry.')
}

/** A paused run counts as inside, so such a condition keeps it from coming back. */
function resumeFindings({ key, entryWhen, onPreempt }: JourneyParts): Finding[] {
  if (entryWhen === null || onPreempt === 'abandon') return []
  const keepsOut = conjunctsOf(entryWhen).some(
    ({ claim }) => claim?.type === 'outside' && claim.journey === key,
  )
  return keepsOut
    ? [
        {
          code: 'never_resumes',
          path: '/entry/when',
          message: `A paused run of "${key}" counts as being in it, so this condition ends it instead of letting it go on; take it out: nobody enters twice anyway.`,
          severity: 'warning',
        },
      ]
    : []
}
