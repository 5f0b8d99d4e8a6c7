import type { Transaction } from 'kysely'
import { countFeedback } from '../db/feedback.ts'
import {
  expireOnsite,
  findOnsiteRow,
  listDueOnsite,
  noteOnsiteAct,
  type OnsiteRow,
} from '../db/onsite-messages.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import { onsiteEvent, type OnsiteAct } from '../domain/feedback/onsite-event.ts'
import { appendEvent, lockCustomer } from './append-command.ts'
import type { FeedbackVerdict } from './receive-feedback.ts'
import { startRounds, type Rounds } from './rounds.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

/** Messages ended in one round. */
const DUE_MAX = 200

/**
 * Takes what somebody did about a message on a page: an event in the log of its customer. What was told
 * before, or comes when the message is over, changes nothing. Counted either way. Undefined: the page does
 * not say which message, in a way that only we can have told it.
 */
export async function receiveOnsite(
  deps: CustomerCommandDeps,
  messageId: string | undefined,
  act: OnsiteAct,
): Promise<FeedbackVerdict> {
  const verdict = messageId === undefined ? 'forged' : await noteAct(deps, messageId, act)
  await countFeedback(deps.db, { source: 'onsite', kind: act, verdict }, new Date(deps.now()))
  return verdict
}

async function noteAct(
  deps: CustomerCommandDeps,
  messageId: string,
  act: OnsiteAct,
): Promise<FeedbackVerdict> {
  const row = await findOnsiteRow(deps.db, messageId)
  if (row === undefined) return 'unknown'
  const isNew = await record(deps, row, act, (trx, atMs) =>
    noteOnsiteAct(trx, messageId, act, atMs),
  )
  return isNew ? 'recorded' : 'repeated'
}

/** Ends messages whose time is over, some hundred at once. */
export async function expireDueOnsite(deps: CustomerCommandDeps): Promise<void> {
  const due = await listDueOnsite(deps.db, deps.now(), DUE_MAX)
  for (const messageId of due) {
    const row = await findOnsiteRow(deps.db, messageId)
    if (row !== undefined)
      await record(deps, row, 'expiry', (trx, atMs) => expireOnsite(trx, messageId, atMs))
    // Stored by a try that came to nothing: no page was ever given it.
    else await deps.db.transaction().execute((trx) => expireOnsite(trx, messageId, deps.now()))
  }
}

/** Ends messages again and again, as they fall due. */
export function startOnsiteExpiry(
  deps: CustomerCommandDeps & {
    /** Told of a failed round; the next one tries again. Must not throw. */
    readonly onError: (error: unknown) => void
  },
): Rounds {
  return startRounds(() => expireDueOnsite(deps), { everyMs: 1_000, onError: deps.onError })
}

/** Whether `note`, with its event, was new. Not of somebody who is erased, or about to be. */
async function record(
  deps: CustomerCommandDeps,
  row: OnsiteRow,
  what: OnsiteAct | 'expiry',
  note: (trx: Transaction<Database>, atMs: number) => Promise<boolean>,
): Promise<boolean> {
  try {
    const told = await deps.db.transaction().execute(async (trx) => {
      const customer = await lockCustomer(trx, deps.rules, row.customerId)
      const atMs = deps.now() + customer.profile.clockOffsetMs
      if (!(await note(trx, atMs))) return null
      // As it is by now: what a page told meanwhile counts.
      const subject = (await findOnsiteRow(trx, row.messageId)) ?? row
      await appendEvent(trx, customer, { ...onsiteEvent(what, subject), atMs })
      return customer.profile.customerId
    })
    if (told !== null) deps.onPending([told])
    return told !== null
  } catch (error) {
    if (error instanceof DomainError && error.code === 'not_found') return false
    throw error
  }
}
