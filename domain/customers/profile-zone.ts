import type { JsonObject, JsonValue } from '../json.ts'

const UNKNOWN_ZONE = 'UTC'

/**
 * The zone whose clock a customer lives by: `traits.timezone`, else the zone of the device that
 * sent the event, else that of a country which has only one, else UTC.
 *
 * An event that says nothing about it leaves the zone as it is: a device's zone is not forgotten
 * because the next event comes from a server.
 */
export function profileZone(input: {
  readonly zone: string
  readonly before: JsonObject
  readonly after: JsonObject
  readonly deviceZone: JsonValue | undefined
}): string {
  const { zone, before, after, deviceZone } = input
  const declared = zoneName(after['timezone'], zone)
  if (declared !== undefined) return declared
  const device = zoneName(deviceZone, zone)
  if (device !== undefined) return device
  const wasDeclared = zoneName(before['timezone'], zone) !== undefined
  const country = countryOf(after)
  if (!wasDeclared && country === countryOf(before)) return zone
  const single = country === undefined ? undefined : onlyZoneOf(country)
  return single ?? (wasDeclared ? UNKNOWN_ZONE : zone)
}

/** The value when it names a zone of the IANA database. `current` spares the dear check when nothing changed. */
function zoneName(value: JsonValue | undefined, current: string): string | undefined {
  if (value === current) return current
  if (typeof value !== 'string' || !/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(value)) return undefined
  try {
    new Intl.DateTimeFormat('en', { timeZone: value }).format(0)
    return value
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function countryOf(traits: JsonObject): string | undefined {
  const { country, address } = traits
  if (typeof country === 'string') return country
  if (address === null || typeof address !== 'object' || Array.isArray(address)) return undefined
  return typeof address['country'] === 'string' ? address['country'] : undefined
}

function onlyZoneOf(country: string): string | undefined {
  if (!/^[A-Za-z]{2}$/.test(country)) return undefined
  // Not yet in the library that this folder is compiled against.
  const locale = new Intl.Locale(`und-${country}`) as Intl.Locale & {
    getTimeZones: () => string[] | undefined
  }
  const zones = locale.getTimeZones()
  return zones?.length === 1 ? zones[0] : undefined
}
