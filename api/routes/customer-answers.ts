import { z } from '@hono/zod-openapi'
import type { CustomerPageRow, OpenRunRow } from '../../db/customer-pages.ts'
import type { TimelineRow } from '../../db/customer-timeline.ts'
import { capsUsed, fatigueOf, type ContactState } from '../../domain/actor/contacts.ts'
import type { ContactRules } from '../../domain/contact/policy.ts'
import { isKnownOrigin, type TraitOrigins } from '../../domain/customers/golden-record.ts'
import { LANES, LIFECYCLE_STATES, LOCK_SCOPES } from '../../domain/journeys/journey.ts'
import { toIso } from '../../domain/time.ts'
import { actorUrl } from '../actor-url.ts'
import { instant, jsonObject } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { capUseSchema, fatigueUseSchema, toCapUse, toFatigueUse } from './cap-answers.ts'
import { consentSchema, toConsent } from './consent-answers.ts'
import { customerFactsShape } from './fact-answers.ts'
import { openExclusionSchema, toOpenExclusion } from './exclusion-answers.ts'

const runSummarySchema = z.object({
  runId: z.string(),
  journey: z.string(),
  version: z.number().int(),
  lane: z.enum(LANES).openapi({ description: 'In the foreground one runs at a time' }),
  status: z.enum(['active', 'waiting', 'paused']),
})

const runSchema = runSummarySchema.extend({
  step: z.string(),
  since: instant,
  wakeAt: instant.nullable(),
  lock: z
    .object({
      scope: z.enum(LOCK_SCOPES),
      until: instant.nullable().openapi({
        description: 'Null: until the run ends, or comes to the step that its journey names',
      }),
    })
    .nullable()
    .openapi({ description: 'What keeps other journeys from taking over' }),
})

export const customerSummarySchema = z
  .object({
    customerId: z.string(),
    test: z.boolean(),
    createdAt: instant,
    identities: z.array(z.object({ kind: z.string(), value: z.string() })),
    mergedFrom: z.array(z.string()).openapi({
      description:
        'Ids of customers who turned out to be this one and were merged into it. Each still leads here',
    }),
    traits: jsonObject,
    traitOrigins: z.record(z.string(), z.object({ at: instant, source: z.string() })).openapi({
      description:
        'Who said what holds of each trait, and when that was so; of one that is not in `traits`, who took it away. A trait that is missing here was there before origins were kept',
    }),
    consents: z.array(consentSchema),
    lifecycle: z
      .object({
        state: z.enum(LIFECYCLE_STATES),
        since: instant,
        previous: z.enum(LIFECYCLE_STATES).nullable(),
        reason: z.string(),
      })
      .nullable()
      .openapi({ description: 'Null until the actor has handled a first event' }),
    runs: z.array(runSummarySchema),
    deferred: z.array(z.object({ journey: z.string(), until: instant, reason: z.string() })),
    exclusions: z.array(openExclusionSchema),
    caps: z.array(capUseSchema).openapi({
      description: 'As of the last step that the actor wrote; `next` asks the actor itself',
    }),
    fatigue: z.array(fatigueUseSchema).openapi({ description: 'As of the same' }),
    nextWakeAt: instant.nullable(),
    clock: instant.openapi({ description: 'What the customer takes for now' }),
    asOf: instant.nullable().openapi({ description: 'When the actor last wrote this page' }),
    actor: z.enum(['none', 'open', 'asleep']).openapi({
      description:
        'asleep: outside the engine, until something happens or `nextWakeAt`; its page there shows the life before',
    }),
    temporalUrl: z.string(),
  })
  .openapi('CustomerSummary')

export const customerSchema = customerSummarySchema
  .extend({ runs: z.array(runSchema) })
  .openapi('Customer')

export const knownCustomerSchema = customerSchema
  .extend({
    value: z.object({
      amount: z.number().openapi({
        description: 'Worth of all purchases so far, in major units; returns do not reduce it',
      }),
      currency: z.string().nullable().openapi({ description: 'Null: the rules name none' }),
    }),
    ...customerFactsShape,
  })
  .openapi('KnownCustomer')

export const timelineEntrySchema = z
  .object({
    at: instant,
    kind: z.string().openapi({
      description:
        'event, consent, decision, delivery, or what the actor noted: lifecycle, run, step, goal, …',
    }),
    summary: z.string(),
    data: jsonObject,
  })
  .openapi('TimelineEntry')

interface PageDeps extends Pick<ApiDeps, 'now' | 'temporalUi'> {
  /** Those in force; undefined where none were published. */
  readonly contact: ContactRules | undefined
}

/** What pages of customers are made with. */
export async function pageDeps(deps: ApiDeps): Promise<PageDeps> {
  const { book } = await deps.rules.getRules(deps.db)
  const { now, temporalUi } = deps
  return { now, temporalUi, contact: book.contact }
}

/** A customer's page as callers see it. */
export function toCustomer(deps: PageDeps, row: CustomerPageRow) {
  return { ...toFrame(deps, row), runs: row.runs.map(toRun) }
}

/** The same for a list: without the details of runs. */
export function toCustomerSummary(deps: PageDeps, row: CustomerPageRow) {
  return { ...toFrame(deps, row), runs: row.runs.map(toRunSummary) }
}

/** One line of a timeline. */
export function toTimelineEntry({ at, kind, summary, data }: TimelineRow) {
  return { at: at.toISOString(), kind, summary, data }
}

function toFrame({ now, temporalUi, contact }: PageDeps, row: CustomerPageRow) {
  const clock = new Date(now() + row.clockOffsetMs)
  const counted = row.contactState ?? NOTHING_COUNTED
  return {
    customerId: row.customerId,
    test: row.test,
    createdAt: row.createdAt.toISOString(),
    identities: row.identities,
    mergedFrom: row.mergedFrom,
    traits: row.traits,
    traitOrigins: toTraitOrigins(row.traitOrigins),
    consents: row.consents.map(toConsent),
    lifecycle: toLifecycle(row),
    deferred: row.deferred,
    exclusions: row.exclusions
      .filter(({ until }) => until === null || until > clock)
      .map(toOpenExclusion),
    caps: capsUsed(counted, contact, clock.getTime()).map(toCapUse),
    fatigue: fatigueOf(counted, contact, clock.getTime()).map(toFatigueUse),
    nextWakeAt: row.nextWakeAt?.toISOString() ?? null,
    clock: clock.toISOString(),
    asOf: row.asOf?.toISOString() ?? null,
    actor: row.actor,
    temporalUrl: actorUrl(temporalUi, row.customerId),
  }
}

const toTraitOrigins = (origins: TraitOrigins) =>
  Object.fromEntries(
    Object.entries(origins)
      .filter(([, origin]) => isKnownOrigin(origin))
      .map(([name, { atMs, source }]) => [name, { at: toIso(atMs), source }]),
  )

const NOTHING_COUNTED: ContactState = {
  contacts: [],
  runs: [],
  zone: 'UTC',
  facts: { counters: {} },
}

function toLifecycle(row: CustomerPageRow) {
  const { lifecycleState: state, lifecycleSince: since } = row
  if (state === null || since === null) return null
  return {
    state,
    since: since.toISOString(),
    previous: row.lifecyclePrevious,
    reason: row.lifecycleReason ?? '',
  }
}

const toRunSummary = ({ runId, journey, version, lane, status }: OpenRunRow) => ({
  runId,
  journey,
  version,
  lane,
  status,
})

const toRun = (run: OpenRunRow) => ({
  ...toRunSummary(run),
  step: run.step,
  since: run.since.toISOString(),
  wakeAt: run.wakeAt?.toISOString() ?? null,
  lock: run.locked
    ? { scope: run.lockScope ?? 'journey', until: run.lockUntil?.toISOString() ?? null }
    : null,
})
