import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { insertEvents } from '../db/event-log.ts'
import { findLatestVersion, findLiveVersion } from '../db/journey-versions.ts'
import type { Database } from '../db/schema.ts'
import { currentFacts } from '../domain/customers/fact-change.ts'
import { DomainError, invariant, type Finding } from '../domain/errors.ts'
import { REQUEST_EVENT } from '../domain/journeys/requested-entry.ts'
import type { JsonObject } from '../domain/json.ts'
import { lockCustomer } from './append-command.ts'
import { storageProblems } from './incoming-event.ts'
import { EVENT_BYTES_MAX } from './parse-event.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

export interface EnterInput {
  readonly customerId: string
  readonly journey: string
  /** Properties of the entry event, beside the journey. */
  readonly properties: JsonObject
  readonly keyId: string | null
}

/**
 * Makes a journey a candidate for this customer, as soon as the actor comes to it in the order of its
 * log: an event that triggers nothing but that journey. Whether the customer enters is decided by
 * arbitration. Answers the number in the log.
 *
 * @throws {DomainError} `not_found`: customer or journey; `unacceptable`: the journey cannot be entered
 *   like this, or the properties cannot be stored; `too_large`: more properties than an event may have
 */
export async function enterJourney(
  deps: CustomerCommandDeps,
  { journey, properties, keyId, ...input }: EnterInput,
): Promise<{ seq: number }> {
  if (Buffer.byteLength(JSON.stringify(properties)) > EVENT_BYTES_MAX)
    throw new DomainError('too_large', `Properties may have at most ${EVENT_BYTES_MAX} bytes.`)
  const { customerId, seq } = await deps.db.transaction().execute(async (trx) => {
    const { profile, book } = await lockCustomer(trx, deps.rules, input.customerId)
    const { customerId } = profile
    const findings = [...propertyFindings(properties), ...(await entryFindings(trx, journey))]
    if (findings.length > 0)
      throw new DomainError('unacceptable', `Nobody can enter "${journey}" like this.`, findings)
    await recordCommand(trx, {
      keyId,
      action: 'customer.enter',
      target: `customer/${customerId}`,
      before: null,
      after: { journey },
    })
    const receivedAtMs = deps.now() + profile.clockOffsetMs
    const messageId = `enter:${randomUUID()}`
    const seqs = await insertEvents(trx, [
      {
        messageId,
        customerId,
        type: 'track',
        name: REQUEST_EVENT,
        properties: { ...properties, journey },
        traits: null,
        context: null,
        payload: null,
        facts: profile.unheard ? currentFacts(profile, book) : null,
        historical: false,
        occurredAtMs: receivedAtMs,
        receivedAtMs,
        status: 'pending',
      },
    ])
    const stored = seqs.get(messageId)
    invariant(stored !== undefined, 'a random message id is new')
    return { customerId, seq: stored }
  })
  deps.onPending([customerId])
  return { seq }
}

function propertyFindings(properties: JsonObject): Finding[] {
  const findings = storageProblems({
    type: 'track',
    messageId: REQUEST_EVENT,
    userId: REQUEST_EVENT,
    event: REQUEST_EVENT,
    properties,
    historical: false,
  })
  if (Object.hasOwn(properties, 'journey'))
    findings.push({
      code: 'reserved_property',
      path: '/properties/journey',
      message: 'The entry event says the journey by itself; give this property another name.',
      severity: 'error',
    })
  return findings
}

/** Why nobody can be let into this journey by a request. */
async function entryFindings(trx: Transaction<Database>, journey: string): Promise<Finding[]> {
  const found = await findLiveVersion(trx, journey)
  if (found === undefined) {
    if ((await findLatestVersion(trx, journey)) === undefined)
      throw new DomainError('not_found', `There is no journey "${journey}".`)
    return [
      {
        code: 'not_live',
        path: '/journey',
        message: `No version of "${journey}" takes new entries; publish one.`,
        severity: 'error',
      },
    ]
  }
  if (found.definition.entry.on.some((trigger) => 'api' in trigger)) return []
  return [
    {
      code: 'no_api_trigger',
      path: '/journey',
      message: `"${journey}" is not entered on request; give its "entry.on" the trigger { "api": true }.`,
      severity: 'error',
    },
  ]
}
