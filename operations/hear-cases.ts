import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { listKnownCases, writeCases, type CaseEventRow, type CaseRow } from '../db/cases.ts'
import type { Database } from '../db/schema.ts'
import type { CaseSettings } from '../domain/cases/case-rules.ts'
import { isCaseEvent, readCaseStatement } from '../domain/cases/case-statement.ts'
import { caseProperties, caseTraits, hearCaseStatement } from '../domain/cases/hear-case-event.ts'
import type { JsonObject } from '../domain/json.ts'
import type { ArrivedEvent } from './incoming-event.ts'
import type { ReadEvent } from './read-event.ts'

/** What an event of a case says beside its own words. */
export interface OfCase {
  readonly properties: JsonObject
  /** Of its customer, by all cases. */
  readonly traits: JsonObject
}

export interface CaseHearing {
  /** Gives an event to a case; null where it is about none. In the order of the log. */
  readonly hear: (
    event: Pick<ArrivedEvent, 'type' | 'messageId'> &
      Pick<ReadEvent, 'name' | 'properties' | 'source'>,
    who: { readonly customerId: string; readonly occurredAtMs: number },
  ) => OfCase | null
  /** Writes what was heard. */
  readonly write: (trx: Transaction<Database>) => Promise<void>
}

/**
 * Hears the events of a group that are about cases. The caller holds their customers, so nobody else hears of
 * these cases meanwhile.
 *
 * Cost: nothing without such events; else one read, and two statements to write.
 */
export async function startCaseHearing(
  trx: Transaction<Database>,
  rules: CaseSettings,
  resolved: readonly { readonly event: ArrivedEvent; readonly customerId: string }[],
): Promise<CaseHearing> {
  const concerned = resolved.filter(({ event }) => isCaseEvent(event.event ?? null))
  const customerIds = [...new Set(concerned.map(({ customerId }) => customerId))]
  const known = new Map(await listKnownCases(trx, customerIds))
  const cases = new Map<string, CaseRow>()
  const events: CaseEventRow[] = []
  return {
    hear: ({ name, messageId, properties, source, type }, { customerId, occurredAtMs }) => {
      if (type !== 'track' || !isCaseEvent(name)) return null
      const said = { name, messageId, properties, source, occurredAtMs }
      const statement = readCaseStatement(said, rules.match.keys)
      const before = known.get(customerId) ?? []
      const heard = hearCaseStatement(statement, before, rules, randomUUID())
      const { caseId, state, doubts } = heard
      known.set(customerId, heard.known)
      cases.set(caseId, {
        ...state,
        caseId,
        customerId,
        doubts: cases.get(caseId)?.doubts ?? doubts,
      })
      events.push({ ...statement, caseId, customerId })
      return {
        properties: caseProperties(caseId, state),
        traits: caseTraits(heard.known, rules),
      }
    },
    write: async (writer) => {
      if (events.length > 0) await writeCases(writer, [...cases.values()], events)
    },
  }
}
