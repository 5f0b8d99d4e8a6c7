import { verdictOfStatus } from '../domain/http-status.ts'
import type { ChannelAnswer } from './channel.ts'
import type { HttpAnswer } from './http.ts'

/** What the answer of a receiver that drops repeats means to a message. */
export function answerOfReceiver(url: string, answer: HttpAnswer): ChannelAnswer {
  if (answer.type === 'badUrl') return { type: 'refused', reason: 'bad_url', detail: url }
  if (answer.type === 'failed') {
    const { reason, detail } = answer
    return { type: 'unavailable', reason, detail }
  }
  const { status, afterMs } = answer
  const reason = `http_${status}`
  switch (verdictOfStatus(status)) {
    case 'done':
      return { type: 'sent', providerId: null }
    case 'refused':
      return { type: 'refused', reason }
    case 'later':
      return { type: 'unavailable', reason, ...(afterMs === undefined ? {} : { afterMs }) }
  }
}
