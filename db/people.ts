import { sql, type RawBuilder } from 'kysely'

/** Of the row `c` of `customers`: a real person who is still there as such. */
export const IS_PERSON: RawBuilder<boolean> = sql`(
  not c.test and c.merged_into is null and c.erasing_at is null)`

/** What two rows of one person have in common, as indexed by migration 0007: the way it is compared, by why. */
export const LIKENESS = {
  same_email: likeness(sql`lower(c.traits ->> 'email')`, sql`c.traits ->> 'email' is not null`),
  same_phone: likeness(sql`c.traits ->> 'phone'`, sql`c.traits ->> 'phone' is not null`),
  same_name_and_birthday: likeness(
    sql`${birthday()} || ' ' || ${fullName()}`,
    sql`${birthday()} is not null and ${fullName()} is not null`,
  ),
} as const

export type LikenessReason = keyof typeof LIKENESS

function likeness(key: RawBuilder<string>, isThere: RawBuilder<boolean>) {
  return { key, isThere }
}

function birthday(): RawBuilder<string> {
  return sql`coalesce(c.traits ->> 'birthday', c.traits ->> 'birthDate', c.traits ->> 'dateOfBirth')`
}

function fullName(): RawBuilder<string> {
  return sql`lower(coalesce(c.traits ->> 'name', (c.traits ->> 'firstName') || ' ' || (c.traits ->> 'lastName')))`
}
