import type { Kysely } from 'kysely'
import { lockProfiles, type LockedProfile } from '../db/customer-profiles.ts'
import { listDatedCustomers } from '../db/dated-customers.ts'
import { insertEvents, type NewEvent } from '../db/event-log.ts'
import type { Database } from '../db/schema.ts'
import { currentFacts } from '../domain/customers/fact-change.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import { contentHash } from './content-hash.ts'
import type { PublishedRules } from './published-rules.ts'

/** Customers looked at by one call, and told in one transaction. */
const LOOKED_AT_MAX = 5_000
const TOLD_MAX = 500

export interface DateAnnouncerDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  /** Real time, epoch milliseconds. */
  readonly now: () => number
}

export interface DateAnnouncer {
  /**
   * Tells some more of those who have such a date. Answers whom; ends with its pass when `isDone`.
   * Cost: two reads when there is nothing to do, else a page of 5,000 customers.
   */
  readonly next: () => Promise<string[]>
  /** Whether everybody was looked at since journeys on a date last changed. */
  readonly isDone: () => boolean
}

/** What is to be told: the journeys that are entered on a date, and the traits that they look at. */
interface Announcement {
  readonly traits: readonly string[]
  /** Of the rows of the log that tell it: of these journeys nobody is told twice. */
  readonly told: string
}

/**
 * Has actors hear of journeys that are entered on a date. Nothing happens to somebody who only gets
 * older: without a word the actor would sleep on with the rules of the day it last woke, or would not
 * be there at all. A row in the log of everybody who has such a date brings the rules in force.
 *
 * Where it stands is remembered for the life of the process; another one looks at everybody once more
 * and tells nobody twice.
 */
export function createDateAnnouncer({ db, rules, now }: DateAnnouncerDeps): DateAnnouncer {
  let pass = { told: '', after: '', isDone: true }

  const tell = async (customerIds: readonly string[], { told }: Announcement) =>
    db.transaction().execute(async (trx) => {
      const book = await rules.lockBook(trx)
      const current = announcementOf(book)
      // Other journeys were published meanwhile: their pass begins with the next call.
      if (current?.told !== told) return []
      const profiles = await lockProfiles(trx, customerIds)
      const dated = profiles.filter(
        (profile) => profile.mergedInto === null && hasDate(profile, book, current.traits),
      )
      await insertEvents(
        trx,
        dated.map((profile) => rowOf(profile, book, told, now())),
      )
      return dated.map(({ customerId }) => customerId)
    })

  return {
    isDone: () => pass.isDone,
    next: async () => {
      const announcement = announcementOf((await rules.getRules(db)).book)
      if (announcement === null) return []
      const { told } = announcement
      if (pass.told !== told) pass = { told, after: '', isDone: false }
      if (pass.isDone) return []
      const page = await listDatedCustomers(db, {
        ...announcement,
        after: pass.after,
        limit: LOOKED_AT_MAX,
      })
      const heard: string[] = []
      for (let from = 0; from < page.customerIds.length; from += TOLD_MAX)
        heard.push(...(await tell(page.customerIds.slice(from, from + TOLD_MAX), announcement)))
      pass = { told, after: page.next ?? '', isDone: page.next === null }
      return heard
    },
  }
}

function announcementOf({ dateEntries = [] }: RuleBook): Announcement | null {
  const traits = dateEntries.flatMap(({ entry }) =>
    entry.on.flatMap((trigger) => ('date' in trigger ? [trigger.date] : [])),
  )
  if (traits.length === 0) return null
  return { traits: [...new Set(traits)], told: `rules:${contentHash(dateEntries).slice(0, 16)}:` }
}

/** Whether one of the traits holds a date that can be read. */
function hasDate(profile: LockedProfile, book: RuleBook, traits: readonly string[]): boolean {
  const { dates = {} } = currentFacts(profile, book)
  return traits.some((trait) => Object.hasOwn(dates, trait))
}

/** What the actor lacks it loads with the rules; one that is not there yet is told all that is known. */
function rowOf(profile: LockedProfile, book: RuleBook, told: string, nowMs: number): NewEvent {
  const receivedAtMs = nowMs + profile.clockOffsetMs
  return {
    messageId: told + profile.customerId,
    customerId: profile.customerId,
    type: 'rules',
    name: null,
    properties: {},
    traits: null,
    context: null,
    payload: null,
    facts: profile.unheard ? currentFacts(profile, book) : {},
    historical: false,
    occurredAtMs: receivedAtMs,
    receivedAtMs,
    status: 'pending',
  }
}
