import type { Kysely } from 'kysely'
import type { Channels } from '../channels/channel.ts'
import type { Database } from '../db/schema.ts'
import { findSendFacts, storeSendResult } from '../db/sends.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import type { CustomerActivities } from './contract.ts'
import { DIED_IN_CONVERSATION, mayRepeat, storedOutcome } from './earlier-try.ts'

/**
 * Settles a send that the actor took back and that nobody carries out any more. An earlier try of it
 * may have died in its conversation: then a message that may not be repeated is `unknown`, and one
 * that may is left to the next time its run wants it.
 */
export const createSettleSend =
  ({
    db,
    channels,
    now,
  }: {
    readonly db: Kysely<Database>
    readonly channels: Channels
    /** Real time. */
    readonly now: () => number
  }): CustomerActivities['settleSend'] =>
  async ({ request, record }) => {
    if (record !== null) await writeTurnRecord(db, record, null)
    const delivery = (await findSendFacts(db, request))?.delivery ?? null
    const settled = delivery && storedOutcome(delivery)
    if (settled) return settled
    if (delivery?.status !== 'sending') return { type: 'withdrawn' }

    const reason = DIED_IN_CONVERSATION
    const at = new Date(request.test ? request.nowMs : now())
    const isRepeatable = mayRepeat(channels, request)
    const status = isRepeatable ? 'queued' : 'unknown'
    await storeSendResult(db, request, { status, reason, at, providerId: null })
    return isRepeatable ? { type: 'withdrawn', inDoubt: true } : { type: 'unknown', reason }
  }
