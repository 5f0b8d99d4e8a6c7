import type { Kysely } from 'kysely'
import type { ReceiptsAnswer } from '../channels/push/expo-receipts.ts'
import { claimTickets, deleteTickets, postponeTicket, type DueTicket } from '../db/push-tickets.ts'
import type { Database } from '../db/schema.ts'
import type { ReceivedFeedback } from '../operations/receive-feedback.ts'
import { startRounds, type Rounds } from '../operations/rounds.ts'

/** Asked about at once. */
const AT_ONCE = 100
/** Of them so many are stored side by side: sends need the database too. */
const STORED_AT_ONCE = 10
/** After the first answer that says nothing, doubled with each. */
const AGAIN_MS = 15 * 60_000
const AGAIN_MS_MAX = 4 * 3_600_000

export interface ReceiptAskerDeps {
  readonly db: Kysely<Database>
  /** Asks the provider. */
  readonly ask: (ticketIds: readonly string[]) => Promise<ReceiptsAnswer>
  /** Stores what it says. */
  readonly receive: (received: ReceivedFeedback) => Promise<unknown>
  /** Told of a failed round; the next one tries again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Told of a provider that does not say. Must not throw. */
  readonly onUnavailable: (about: { reason: string }) => void
  /** Default 30 s. */
  readonly everyMs?: number
}

/**
 * Asks what became of notifications that a provider took. A ticket goes when what was said of it is stored,
 * or when the provider has forgotten it; whoever dies in between is followed, and what is stored twice
 * counts once.
 */
export function startReceiptAsker(deps: ReceiptAskerDeps): Rounds {
  const { db, onError, everyMs = 30_000 } = deps
  const work = async (): Promise<void> => {
    for (;;) {
      const claimed = await claimTickets(db, AT_ONCE)
      const due = claimed.filter(({ isTooOld }) => !isTooOld)
      await deleteTickets(db, idsOf(claimed.filter(({ isTooOld }) => isTooOld)))
      const isAnswered = due.length === 0 || (await settle(deps, due))
      if (claimed.length < AT_ONCE || !isAnswered) return
    }
  }
  return startRounds(work, { everyMs, onError })
}

const idsOf = (tickets: readonly DueTicket[]): string[] => tickets.map(({ ticketId }) => ticketId)

/** False: the provider was not to be had. */
async function settle(
  { db, ask, receive, onUnavailable }: ReceiptAskerDeps,
  due: readonly DueTicket[],
): Promise<boolean> {
  const answer = await ask(idsOf(due))
  if (answer.type === 'unavailable') onUnavailable({ reason: answer.reason })
  const askedMs = answer.type === 'unavailable' ? (answer.afterMs ?? 0) : 0
  const settleOne = async ({ ticketId, token, deliveryId, attempts }: DueTicket): Promise<void> => {
    const receipt = answer.type === 'answered' ? answer.receipts.get(ticketId) : undefined
    if (receipt === undefined) {
      const againMs = Math.min(AGAIN_MS * 2 ** Math.min(attempts - 1, 10), AGAIN_MS_MAX)
      await postponeTicket(db, ticketId, Math.max(againMs, askedMs))
      return
    }
    const feedback = { ...receipt, device: { token, ticketId } }
    await receive({ source: 'expo', deliveryId, feedback })
    await deleteTickets(db, [ticketId])
  }
  for (let from = 0; from < due.length; from += STORED_AT_ONCE) {
    // Whoever waits for the round to end waits for all of them, whichever fails.
    const settled = await Promise.allSettled(due.slice(from, from + STORED_AT_ONCE).map(settleOne))
    const failed = settled.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  }
  return answer.type === 'answered'
}
