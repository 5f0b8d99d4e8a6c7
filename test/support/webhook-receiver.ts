import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A receiver of webhooks that drops what it has seen, as Standard Webhooks asks of it. */
export interface WebhookReceiver {
  readonly url: string
  /** What it acted on: the body of the first call with each `webhook-id`. */
  readonly accepted: ReadonlyMap<string, unknown>
  readonly stop: () => Promise<void>
}

/** @param onAccepted called when a call is acted on, before its sender is answered */
export async function startWebhookReceiver(onAccepted: () => void): Promise<WebhookReceiver> {
  const accepted = new Map<string, unknown>()
  const server = createServer((request, response) => {
    json(request).then(
      (body) => {
        const id = String(request.headers['webhook-id'])
        if (!accepted.has(id)) {
          accepted.set(id, body)
          onAccepted()
        }
        response.end()
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
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
