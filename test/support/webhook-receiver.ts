import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A receiver of webhooks that drops what it has seen, as Standard Webhooks asks of it. */
export interface WebhookReceiver {
  readonly url: string
  /** What it acted on: the body of the first call with each `webhook-id`. */
  readonly accepted: ReadonlyMap<string, unknown>
  /** Every call, repeats too, in order. */
  readonly calls: readonly ReceivedCall[]
  readonly stop: () => Promise<void>
}

export interface ReceivedCall {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** As it came. */
  readonly body: string
}

export interface ReceiverAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, or text as it is. */
  readonly body?: unknown
  /** Before it says anything. */
  readonly delayMs?: number
}

/**
 * @param onAccepted called when a call is acted on, before its sender is answered
 * @param answer what it says to a call, and to how many before it; default: 200 and nothing
 */
export async function startWebhookReceiver(
  onAccepted: () => void,
  answer: (call: ReceivedCall, before: number) => ReceiverAnswer = () => ({}),
): Promise<WebhookReceiver> {
  const accepted = new Map<string, unknown>()
  const calls: ReceivedCall[] = []
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        const call = { method: request.method ?? '', headers: request.headers, body }
        const { status = 200, headers = {}, body: said, delayMs } = answer(call, calls.length)
        calls.push(call)
        const id = String(request.headers['webhook-id'])
        if (status < 300 && !accepted.has(id)) {
          accepted.set(id, body === '' ? undefined : JSON.parse(body))
          onAccepted()
        }
        const words = typeof said === 'string' || said === undefined ? said : JSON.stringify(said)
        const reply = () => response.writeHead(status, headers).end(words)
        if (delayMs === undefined) reply()
        else setTimeout(reply, delayMs).unref()
      },
      // The sender died before it had said everything.
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    accepted,
    calls,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
