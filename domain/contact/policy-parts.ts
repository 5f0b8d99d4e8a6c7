import type { z } from 'zod'
import { child } from '../json-pointer.ts'
import { messageSchema } from '../journeys/journey.schema.ts'
import type { Message } from '../journeys/journey.ts'
import type { Placed } from '../journeys/journey-parts.ts'
import { membersOf, readList, readMap } from '../journeys/readable.ts'
import {
  capacityRuleSchema,
  capSchema,
  exclusionSchema,
  fatigueSchema,
  groupSchema,
  matrixRuleSchema,
  policyWindowSchema,
  quietHoursSchema,
  throttleSchema,
  warmUpSchema,
} from './policy.schema.ts'
import type {
  Cap,
  CapacityRule,
  CustomerGroup,
  ExclusionPreset,
  ExclusionRule,
  FatigueRule,
  MatrixRule,
  PolicyWindow,
  QuietHours,
  Throttle,
  WarmUp,
} from './policy.ts'

/**
 * A contact policy in its parts, as far as they can be read: what is wrong in one place must not
 * hide what is wrong in another.
 */
export interface PolicyParts {
  readonly zone: string | null
  readonly caps: readonly Placed<Cap>[]
  readonly fatigue: readonly Placed<FatigueRule>[]
  readonly quietHours: readonly Placed<QuietHours>[]
  readonly sendWindows: readonly Placed<PolicyWindow>[]
  readonly groups: readonly Placed<CustomerGroup>[]
  readonly matrix: readonly Placed<MatrixRule>[]
  /** Null: it is there, but cannot be read. */
  readonly messages: ReadonlyMap<string, Message | null>
  readonly exclusions: readonly Placed<ExclusionRule | ExclusionPreset>[]
  readonly capacities: readonly Placed<CapacityRule>[]
  readonly throttles: readonly Placed<Throttle>[]
  readonly warmUp: readonly Placed<WarmUp>[]
  /** Groups are named that cannot be read: nobody knows which names there are. */
  readonly hasUnreadGroups: boolean
}

/** What can be read of a policy, whole or not. */
export function policyParts(document: unknown): PolicyParts {
  const policy = membersOf(document)
  const groups = readList('/groups', groupSchema, policy.groups)
  return {
    zone: typeof policy.zone === 'string' ? policy.zone : null,
    caps: readList('/caps', capSchema, policy.caps),
    fatigue: readList('/fatigue', fatigueSchema, policy.fatigue),
    quietHours: readList('/quietHours', quietHoursSchema, policy.quietHours),
    sendWindows: readList('/sendWindows', policyWindowSchema, policy.sendWindows),
    groups,
    matrix: readList('/matrix', matrixRuleSchema, policy.matrix),
    messages: readMap(messageSchema, policy.messages),
    exclusions: readList('/exclusions', exclusionSchema, policy.exclusions),
    capacities: placedMap('/capacities', capacityRuleSchema, policy.capacities),
    throttles: readList('/throttles', throttleSchema, policy.throttles),
    warmUp: placedMap('/warmUp', warmUpSchema, policy.warmUp),
    hasUnreadGroups: Array.isArray(policy.groups) && groups.length < policy.groups.length,
  }
}

function placedMap<T>(path: string, schema: z.ZodType<T>, map: unknown): Placed<T>[] {
  return [...readMap(schema, map)].flatMap(([name, part]) =>
    part === null ? [] : [{ path: child(path, name), part }],
  )
}
