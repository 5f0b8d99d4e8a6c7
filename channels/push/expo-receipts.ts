import type { Arrived, Missed } from '../../domain/feedback/feedback.ts'
import { verdictOfStatus } from '../../domain/http-status.ts'
import type { Http } from '../http.ts'
import { afterOf, jsonOf, member } from '../provider-answer.ts'
import { expoRequest, readExpoError, type ExpoSettings } from './expo.ts'

/** What became of notifications: of those that are not in it nothing is known yet. */
export type ReceiptsAnswer =
  | { readonly type: 'answered'; readonly receipts: ReadonlyMap<string, Receipt> }
  | { readonly type: 'unavailable'; readonly reason: string; readonly afterMs?: number }

type Receipt = Omit<Arrived, 'device'> | Omit<Missed, 'device'>

/**
 * Asks Expo what became of notifications, by their tickets (docs.expo.dev, "Send notifications with the
 * Expo Push Service"): whether Apple or Google took them. Ends within `timeoutMs`. Its answers are read to
 * 64 KB: ask for a hundred.
 */
export async function askReceipts(
  http: Http,
  settings: ExpoSettings,
  ticketIds: readonly string[],
  timeoutMs: number,
): Promise<ReceiptsAnswer> {
  const request = expoRequest(settings, 'getReceipts', { ids: ticketIds })
  const answer = await http.call(request, timeoutMs)
  if (answer.type === 'badUrl') return { type: 'unavailable', reason: 'bad_provider_url' }
  if (answer.type === 'failed') return { type: 'unavailable', reason: answer.reason }
  if (verdictOfStatus(answer.status) !== 'done')
    return { type: 'unavailable', reason: `http_${answer.status}`, ...afterOf(answer) }
  const data = member(jsonOf(answer), 'data')
  if (typeof data !== 'object' || data === null)
    return { type: 'unavailable', reason: 'expo_unreadable' }
  const receipts = ticketIds.flatMap((id): [string, Receipt][] => {
    const receipt = readReceipt(member(data, id))
    return receipt === undefined ? [] : [[id, receipt]]
  })
  return { type: 'answered', receipts: new Map(receipts) }
}

function readReceipt(receipt: unknown): Receipt | undefined {
  const status = member(receipt, 'status')
  if (status === 'ok') return { kind: 'delivered' }
  if (status !== 'error') return undefined
  const { error, reason } = readExpoError(receipt)
  return { kind: 'undelivered', permanent: error === 'DeviceNotRegistered', reason }
}
