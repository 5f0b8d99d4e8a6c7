import { own } from '../own.ts'
import type { JsonObject, JsonValue } from '../json.ts'

/** An app on a device that notifications can be sent to. */
export interface Device {
  /** What the provider knows it by. */
  readonly token: string
  readonly customerId: string
  /** As the caller says: `ios`, `android` … */
  readonly platform: string | null
  readonly app: string | null
  readonly lastSeenAtMs: number
  /** Null: it is there. */
  readonly removedAtMs: number | null
  /** Why it is not there any more. */
  readonly reason: string | null
}

/** As far as an event is about a device. */
export interface DeviceEvent {
  readonly name: string | null
  readonly context: JsonObject | null
}

const UNINSTALLED = 'Application Uninstalled'
const TOKEN_LENGTH_MAX = 4_096
const NAME_LENGTH_MAX = 100
/** Events of an app come by the thousand; that it was seen is written down once in this time. */
const SEEN_AGAIN_MS = 86_400_000

/** `context.device.token`, as in Segment's spec; null where there is none that can be one. */
export function deviceToken({ context }: DeviceEvent): string | null {
  const token = own(objectIn(context, 'device'), 'token')
  if (typeof token !== 'string' || token.length > TOKEN_LENGTH_MAX) return null
  return /^\S+$/.test(token) ? token : null
}

/** Whether an event says something about devices. */
export const isAboutDevices = (event: DeviceEvent): boolean =>
  event.name === UNINSTALLED || deviceToken(event) !== null

/** The devices that a group of events is about, while it is being stored. */
export class DeviceBook {
  readonly #devices: Map<string, Device>
  readonly #before: ReadonlyMap<string, Device>

  /** `devices`: all of the tokens that the events name, and all that their customers have. */
  constructor(devices: readonly Device[]) {
    this.#before = new Map(devices.map((device) => [device.token, device]))
    this.#devices = new Map(this.#before)
  }

  /** Whether there is one that can be pushed to. */
  has(customerId: string): boolean {
    return this.#of(customerId).length > 0
  }

  /**
   * Takes in an event of a customer. Answers who lost a device by it to this one. What happened before a
   * device was last seen, or was found gone, changes nothing: events arrive in any order.
   */
  hear(customerId: string, event: DeviceEvent, atMs: number): string | null {
    const token = deviceToken(event)
    if (event.name === UNINSTALLED) {
      const known = token === null ? undefined : this.#devices.get(token)
      // Without a token it is not known which: one that is still there says so with its next event.
      const gone = token === null ? this.#of(customerId) : known === undefined ? [] : [known]
      for (const device of gone)
        if (device.customerId === customerId && device.removedAtMs === null)
          this.#remove(device, atMs)
      return null
    }
    if (token === null) return null
    const known = this.#devices.get(token)
    if (known !== undefined && atMs < Math.max(known.lastSeenAtMs, known.removedAtMs ?? 0))
      return null
    const seen = seenBy(customerId, token, event, atMs)
    if (known === undefined || !isAsBefore(known, seen)) this.#devices.set(token, seen)
    const hadIt = known?.removedAtMs === null && known.customerId !== customerId
    return hadIt ? known.customerId : null
  }

  /** What is to be written, each with the customer that it was stored with. */
  changes(): { readonly device: Device; readonly before: string | null }[] {
    return [...this.#devices.values()].flatMap((device) => {
      const before = this.#before.get(device.token)
      return before === device ? [] : [{ device, before: before?.customerId ?? null }]
    })
  }

  #of(customerId: string): Device[] {
    return [...this.#devices.values()].filter(
      (device) => device.customerId === customerId && device.removedAtMs === null,
    )
  }

  #remove(device: Device, atMs: number): void {
    if (atMs < device.lastSeenAtMs) return
    this.#devices.set(device.token, { ...device, removedAtMs: atMs, reason: 'uninstalled' })
  }
}

function seenBy(
  customerId: string,
  token: string,
  { context }: DeviceEvent,
  lastSeenAtMs: number,
): Device {
  return {
    token,
    customerId,
    platform: textIn(objectIn(context, 'device'), 'type'),
    app: textIn(objectIn(context, 'app'), 'namespace') ?? textIn(objectIn(context, 'app'), 'name'),
    lastSeenAtMs,
    removedAtMs: null,
    reason: null,
  }
}

const isAsBefore = (known: Device, seen: Device): boolean =>
  known.removedAtMs === null &&
  known.customerId === seen.customerId &&
  known.platform === seen.platform &&
  known.app === seen.app &&
  seen.lastSeenAtMs - known.lastSeenAtMs < SEEN_AGAIN_MS

function objectIn(value: JsonObject | null, name: string): JsonObject {
  const found: JsonValue | undefined = value === null ? undefined : own(value, name)
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? found : {}
}

function textIn(value: JsonObject, name: string): string | null {
  const text = own(value, name)
  return typeof text === 'string' && text !== '' ? text.slice(0, NAME_LENGTH_MAX) : null
}
