/**
 * Words of the journey language that this release does not speak yet. A journey that uses one is
 * told so, instead of hearing that there is no such thing.
 */
const LATER_FIELDS: ReadonlySet<string> = new Set(['holdout', 'sms', 'push'])

const LATER_VALUES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['channels', new Set(['sms', 'push'])],
])

export function isLaterField(name: string): boolean {
  return LATER_FIELDS.has(name)
}

/** Whether a later release takes `value` where this one does not. */
export function isLaterValue(field: string, value: unknown): boolean {
  return typeof value === 'string' && LATER_VALUES.get(field)?.has(value) === true
}
