import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Conduct } from './channel.cases.ts'

/** A request as it came over the wire. */
export interface Call {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Reply {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** How a provider words what it does. */
export interface Replies {
  readonly take: (call: Call) => Reply
  readonly refuse: (call: Call) => Reply
  readonly throttle: (call: Call) => Reply
  readonly fail: (call: Call) => Reply
}

/** A real server on this machine that does what it is told. */
export interface LocalHttp {
  readonly url: string
  conduct: Conduct
  /** Those that it took, in order. */
  readonly calls: readonly Call[]
  readonly stop: () => Promise<void>
}

/** Starts one. `aside`: calls that are no messages, answered whatever the conduct. */
export async function startLocalHttp(
  replies: Replies,
  aside: (call: Call) => Reply | undefined = () => undefined,
): Promise<LocalHttp> {
  const calls: Call[] = []
  const reply = (response: ServerResponse, { status, headers = {}, body = '' }: Reply): void =>
    void response.writeHead(status, headers).end(body)
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request)
      const call: Call = { url: request.url ?? '', headers: request.headers, body }
      const besides = aside(call)
      if (besides) return reply(response, besides)
      switch (local.conduct) {
        case 'stall':
          return undefined
        case 'break before taking':
          request.socket.destroy()
          return undefined
        case 'refuse':
          return reply(response, replies.refuse(call))
        case 'throttle':
          return reply(response, replies.throttle(call))
        case 'fail for a while':
          return reply(response, replies.fail(call))
        case 'take slowly':
          calls.push(call)
          return undefined
        case 'break after taking':
          calls.push(call)
          request.socket.destroy()
          return undefined
        case 'take':
          calls.push(call)
          return reply(response, replies.take(call))
      }
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const local: LocalHttp = {
    url: `http://127.0.0.1:${port}`,
    conduct: 'take',
    calls,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return local
}
