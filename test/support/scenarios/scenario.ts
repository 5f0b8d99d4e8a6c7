import type { ContactPolicy } from '../../../domain/contact/policy.ts'
import type { ArbitrationRules } from '../../../domain/decisioning/arbitration-rules.ts'
import type { Journey } from '../../../domain/journeys/journey.ts'
import type { JsonObject } from '../../../domain/json.ts'

/** Something that happens to a customer, so long after the beginning. */
export type Act = { readonly after: string } & (
  | {
      readonly event: string
      readonly properties?: JsonObject
      readonly historical?: true
      /** How long before its arrival it happened, in milliseconds. */
      readonly lateMs?: number
    }
  | { readonly identify: JsonObject }
  | { readonly consent: boolean }
  | { readonly exit: { readonly journey?: string; readonly reason: string } }
  | { readonly enter: { readonly journey: string; readonly properties?: JsonObject } }
)

/**
 * A story about one customer that is played on the simulator and on the engine. All stories share
 * one server, so each has journeys and events of its own names, and rules that mean nobody else.
 * `after` and `until` are ISO 8601.
 */
export interface Scenario {
  readonly name: string
  /** `webhookUrl` answers as `answers` says. */
  readonly journeys: (webhookUrl: string) => readonly Journey[]
  /** Its part of the contact policy, and of the arbitration rules, which are published once for all. */
  readonly contact?: Omit<ContactPolicy, '$schema'>
  readonly arbitration?: Omit<ArbitrationRules, '$schema'>
  /** A text such as `in P30D` stands for the date so long after the beginning. */
  readonly traits?: JsonObject
  /** Marketing by e-mail from the beginning. Default: yes. */
  readonly consent?: false
  readonly acts: readonly Act[]
  readonly until: string
  /** What has to be on the timeline, so that a story cannot agree on nothing. */
  readonly shows: readonly string[]
}
