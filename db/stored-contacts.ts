import { sql, type Kysely } from 'kysely'
import type { Contact } from '../domain/actor/customer-state.ts'
import { messagesNeeded } from '../domain/contact/fatigue.ts'
import type { FatigueRule } from '../domain/contact/policy.ts'
import type { MessageClass } from '../domain/journeys/journey.ts'
import type { Database } from './schema.ts'
import { idsOf } from './survivors.ts'

/**
 * What went out, or may have, to a customer and to those merged into it, as far as these rules of
 * fatigue count back. Cost: one walk of an index for each rule, as far as the rule counts.
 */
export async function listStoredContacts(
  db: Kysely<Database>,
  customerId: string,
  rules: readonly FatigueRule[],
): Promise<Contact[]> {
  const contacts = new Map<string, Contact>()
  for (const rule of rules)
    for (const contact of await listNewest(db, customerId, rule)) contacts.set(contact.key, contact)
  return [...contacts.values()]
}

async function listNewest(
  db: Kysely<Database>,
  customerId: string,
  { channel, classes = ['marketing'], steps }: FatigueRule,
): Promise<Contact[]> {
  const { rows } = await sql<{
    key: string
    at: Date
    channel: string
    class: MessageClass
    journey: string
  }>`
    select d.delivery_id as key, d.at, d.channel, d.class, d.journey
    from deliveries d
    where d.customer_id = any(${idsOf(customerId)}) and d.channel = ${channel}
      and d.class = any(${[...classes]}::text[]) and d.status in ('sent', 'muted', 'unknown')
    order by d.at desc, d.delivery_id desc limit ${messagesNeeded({ steps })}`.execute(db)
  return rows.map(({ at, ...row }) => ({ ...row, atMs: at.getTime() }))
}
