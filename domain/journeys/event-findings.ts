import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import type { JourneyParts } from './journey-parts.ts'
import { AUDIENCE_EVENT, ENTRY_EVENTS, REQUEST_EVENT, RESERVED_EVENTS } from './requested-entry.ts'
import { specOf } from './steps/registry.schema.ts'
import type { Place } from './steps/step-spec.ts'

/** What is wrong with the events that let customers in and with those that steps make. */
export function eventFindings(parts: JourneyParts): Finding[] {
  const entering = parts.triggers.flatMap(({ path, part }) =>
    'event' in part ? [{ path: `${path}/event`, value: part.event }] : [],
  )
  const made = eventsMade(parts)
  const own = new Set(entering.map(({ value }) => value))
  return [
    ...[
      ...entering.filter(({ value }) => ENTRY_EVENTS.includes(value)),
      ...made.filter(({ value }) => RESERVED_EVENTS.includes(value)),
    ].map(({ path, value }): Finding => ({
      code: 'reserved_event',
      path,
      message:
        value === REQUEST_EVENT
          ? `"${value}" is made by the enter call alone; use the trigger { "api": true }, or another event.`
          : value === AUDIENCE_EVENT
            ? `"${value}" is made for those of an audience alone; use "entry.audience", or another event.`
            : `"${value}" is made for those who come into an audience or go; emit another event.`,
      severity: 'error',
    })),
    ...made
      .filter(({ value }) => own.has(value))
      .map(({ path, value }): Finding => ({
        code: 'emits_own_trigger',
        path,
        message: `"${value}" lets customers into this very journey; emit another event, or make sure that it cannot start over for ever.`,
        severity: 'warning',
      })),
  ]
}

function eventsMade({ steps }: JourneyParts): Place[] {
  return [...steps].flatMap(([id, step]) =>
    step === null
      ? []
      : (specOf(step).emits?.(step) ?? []).map((value) => ({
          path: `${child('/steps', id)}/event`,
          value,
        })),
  )
}
