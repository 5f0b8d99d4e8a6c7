import { sql, type Kysely } from 'kysely'
import type { ContactPolicy, ContactRules } from '../domain/contact/policy.ts'
import type { Database } from './schema.ts'

/** The contact policy that sends are judged by now. */
export interface PolicyInForce {
  readonly rules: ContactRules
  /** As it was published: its texts, and what no actor need know. */
  readonly document: ContactPolicy
}

/** Undefined where none was published. */
export async function findPolicyInForce(db: Kysely<Database>): Promise<PolicyInForce | undefined> {
  const { rows } = await sql<{ rules: ContactRules | null; document: ContactPolicy | null }>`
    select b.book -> 'contact' as rules, p.document
    from rule_book r join rule_books b on b.hash = r.hash
    left join rule_documents p on p.kind = 'contact-policy'
      and p.version = (b.book -> 'contact' ->> 'version')::int`.execute(db)
  const { rules = null, document = null } = rows[0] ?? {}
  return rules === null ? undefined : { rules, document: document ?? {} }
}

/** The hash of the contact policy in force; null for none. */
export async function getPolicyHash(db: Kysely<Database>): Promise<string | null> {
  const row = await db.selectFrom('rule_book').select('contact_hash').executeTakeFirst()
  return row?.contact_hash ?? null
}
