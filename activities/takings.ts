import type { PolicyInForce } from '../db/policy-in-force.ts'
import type { Queued, Takings } from '../db/send-claims.ts'
import type { StoredDelivery } from '../db/sends.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import { needsOf } from '../domain/contact/capacity.ts'
import { warmUpDay } from '../domain/contact/warm-up.ts'
import { own } from '../domain/own.ts'

const NOTHING: Takings = { needs: [], warmUp: null }

/** What a send takes of what is scarce. */
export function takingsOf(
  request: DeliveryRequest,
  {
    isExempt,
    needs,
    senderDomain,
    policy,
    nowMs,
  }: {
    /** Nobody calls because of it: a test customer's. Or it has taken what it needs already. */
    readonly isExempt: boolean
    /** The capacity that the message names. */
    readonly needs: string | undefined
    /** Whose reputation what goes out on the channel is on. */
    readonly senderDomain: string | undefined
    readonly policy: PolicyInForce | undefined
    /** Real time. */
    readonly nowMs: number
  },
): Takings {
  if (isExempt) return NOTHING
  return {
    needs: needsOf(needs, request, policy?.rules),
    warmUp: warmUpOf(request, senderDomain, policy, nowMs),
  }
}

function warmUpOf(
  { class: messageClass }: DeliveryRequest,
  domain: string | undefined,
  policy: PolicyInForce | undefined,
  nowMs: number,
): Takings['warmUp'] {
  if (domain === undefined) return null
  const curve = own(policy?.document.warmUp, domain)
  const today = curve === undefined ? null : warmUpDay(curve, nowMs)
  if (today === null) return null
  return { domain, day: today.day, max: messageClass === 'service' ? null : today.max }
}

/** How a send stands among those that wait: its age counts from when it was first parked. */
export function queuedAs(
  { deliveryId, group, worth }: DeliveryRequest,
  delivery: StoredDelivery | null,
  policy: PolicyInForce | undefined,
): Queued {
  return {
    deliveryId,
    group: group ?? null,
    worth: worth ?? null,
    since: delivery?.parkedAt ?? null,
    groups: (policy?.rules.groups ?? []).map(({ name }) => name),
    releasedFor: delivery?.releasedAt ? delivery.parkedFor : null,
  }
}
