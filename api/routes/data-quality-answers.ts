import { z } from '@hono/zod-openapi'
import { ADDRESSED } from '../../db/addressed-channels.ts'
import type { CustomerQuality, QualityFinding } from '../../db/customer-quality.ts'
import type { RepairPlan } from '../../operations/plan-repairs.ts'
import type { reportDataQuality } from '../../operations/report-data-quality.ts'
import { channelReach } from '../../domain/customers/channel-reach.ts'
import type { NeededTrait } from '../../domain/customers/needed-traits.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import { own } from '../../domain/own.ts'
import { instant, jsonValue } from '../answers.ts'

const whole = z.number().int()
const kind = z.enum(['setAside', 'flagged'])
const need = z.enum(['rules', 'templates', 'channels'])
const likeness = z.enum(['same_email', 'same_phone', 'same_name_and_birthday'])

export const findingKind = kind

const foundSchema = z.object({
  trait: z.string(),
  kind: kind.openapi({ description: '`setAside`: not taken into the profile; `flagged`: taken' }),
  problem: z.string().openapi({ description: 'A code; docs/data-quality.md lists them' }),
  value: jsonValue.openapi({ description: 'What was said, where it was set aside' }),
  suggestion: z.string().nullable(),
  source: z.string(),
  saidAt: instant,
})

export const openFindingSchema = foundSchema
  .extend({ customerId: z.string() })
  .openapi('TraitFinding')

export const toFound = ({ saidAt, ...finding }: QualityFinding) => ({
  trait: finding.trait,
  kind: finding.kind,
  problem: finding.problem,
  value: finding.value,
  suggestion: finding.suggestion,
  source: finding.source,
  saidAt: saidAt.toISOString(),
})

export const customerQualitySchema = z
  .object({
    customerId: z.string(),
    completeness: z
      .array(z.object({ trait: z.string(), neededBy: z.array(need), present: z.boolean() }))
      .openapi({ description: 'What live rules, templates and channels need' }),
    findings: z.array(foundSchema),
    freshness: z.object({
      lastEventAt: instant.nullable(),
      lastSaidAt: instant.nullable().openapi({
        description: 'When somebody last said something about the customer',
      }),
    }),
    reachability: z.array(
      z.object({
        channel: z.enum(CHANNELS),
        reachable: z.boolean(),
        because: z.string().nullable(),
        marketing: z.boolean().openapi({ description: 'Consent for marketing' }),
      }),
    ),
    likelyDuplicates: z.array(z.object({ because: likeness, customerIds: z.array(z.string()) })),
  })
  .openapi('CustomerDataQuality')

export function toCustomerQuality(
  customerId: string,
  quality: CustomerQuality,
  needed: readonly NeededTrait[],
) {
  const { traits, findings, lastEventAt, lastSaidAt, alike } = quality
  const disposable = findings
    .filter(({ problem }) => problem === 'disposable')
    .map(({ trait }) => trait)
  return {
    customerId,
    completeness: needed.map(({ trait, by }) => {
      const value = own(traits, trait)
      const present = value !== undefined && value !== null && value !== ''
      return { trait, neededBy: [...by], present }
    }),
    findings: findings.map(toFound),
    freshness: {
      lastEventAt: lastEventAt?.toISOString() ?? null,
      lastSaidAt: lastSaidAt?.toISOString() ?? null,
    },
    reachability: channelReach({ ...quality, disposable }),
    likelyDuplicates: [...alike],
  }
}

const reachSchema = z.object({
  withAddress: whole,
  blocked: whole,
  disposable: whole,
  consented: whole,
  reachable: whole.openapi({ description: 'An address, neither blocked nor disposable' }),
  reachableForMarketing: whole,
})

export const qualityReportSchema = z
  .object({
    asOf: instant,
    customers: whole.openapi({ description: 'Real ones; test customers are left out everywhere' }),
    completeness: z.array(z.object({ trait: z.string(), neededBy: z.array(need), having: whole })),
    findings: z.array(z.object({ kind, problem: z.string(), trait: z.string(), customers: whole })),
    freshness: z
      .object({
        within30Days: whole,
        within90Days: whole,
        within365Days: whole,
        older: whole,
        never: whole,
      })
      .openapi({ description: 'When anything was last recorded of a customer' }),
    reachability: z
      .record(z.enum(ADDRESSED), reachSchema)
      .openapi({ description: 'By channel that needs an address' }),
    duplicates: z.array(
      z.object({
        because: likeness,
        groups: whole,
        customers: whole,
        examples: z
          .array(z.array(z.string()))
          .openapi({ description: 'The largest groups, by customer id' }),
      }),
    ),
  })
  .openapi('DataQualityReport')

export const toQualityReport = ({
  asOf,
  completeness,
  duplicates,
  ...report
}: Awaited<ReturnType<typeof reportDataQuality>>): z.input<typeof qualityReportSchema> => ({
  ...report,
  asOf: asOf.toISOString(),
  completeness: completeness.map(({ by, ...each }) => ({ ...each, neededBy: [...by] })),
  duplicates: duplicates.map((each) => ({
    ...each,
    examples: each.examples.map((ids) => [...ids]),
  })),
})

const change = z.object({
  customerId: z.string(),
  trait: z.string(),
  problem: z.string().nullable(),
  before: jsonValue,
  after: jsonValue,
})
const left = z.array(z.object({ customerId: z.string(), trait: z.string() }))

export const repairPlanSchema = z
  .object({
    changes: z.array(change),
    setAside: left.openapi({ description: 'Of stored values: what would be taken away' }),
    skipped: left.openapi({ description: 'Left as it is: there is no answer that can be kept' }),
    nextCursor: z.string().nullable(),
  })
  .openapi('RepairPlan')

export const repairedSchema = z
  .object({
    repairId: z.string().nullable().openapi({ description: 'For an undo; null: nothing changed' }),
    repaired: whole,
    setAside: whole,
    skipped: whole,
    nextCursor: z.string().nullable().openapi({
      description: 'Where the next call goes on; null when everything was looked at',
    }),
  })
  .openapi('Repaired')

const cursorOf = ({ next }: RepairPlan): string | null =>
  next === null ? null : Buffer.from(JSON.stringify(next)).toString('base64url')

const named = ({ customerId, trait }: { readonly customerId: string; readonly trait: string }) => ({
  customerId,
  trait,
})

export const toRepairPlan = (plan: RepairPlan) => ({
  changes: [...plan.repairs],
  setAside: plan.setAside.map(named),
  skipped: plan.skipped.map(named),
  nextCursor: cursorOf(plan),
})

export const toRepaired = (
  repairId: string | null,
  plan: RepairPlan,
): z.input<typeof repairedSchema> => ({
  repairId,
  repaired: plan.repairs.length,
  setAside: plan.setAside.length,
  skipped: plan.skipped.length,
  nextCursor: cursorOf(plan),
})
