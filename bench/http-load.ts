import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadOrder, LoadReport } from './http-client.ts'

const CLIENT = fileURLToPath(new URL('http-client.ts', import.meta.url))
/** Beyond the order's own limit: the answers that are still awaited. */
const GRACE_MS = 30_000

/** A process that asks the API. */
export interface HttpLoad {
  /** Has the order carried out. Every request must be answered with 200. */
  readonly ask: (order: LoadOrder) => Promise<LoadReport>
}

/** Starts the process; it ends with `resources`, and with this process. */
export function startHttpLoad(resources: AsyncDisposableStack): HttpLoad {
  const client = fork(CLIENT, { serialization: 'advanced', execArgv: [] })
  resources.defer(() => {
    client.kill()
  })
  return {
    ask: (order) =>
      new Promise((resolve, reject) => {
        const finish = (): void => {
          clearTimeout(timer)
          client.off('message', answer)
          client.off('exit', gone)
        }
        const answer = (message: unknown): void => {
          finish()
          const { report, error } = message as { report?: LoadReport; error?: string }
          const refused = report?.requests.find(({ status }) => status !== 200)
          if (report === undefined) reject(new Error(`The client failed: ${error}`))
          else if (refused !== undefined) reject(new Error(`The API answered ${refused.status}`))
          else resolve(report)
        }
        const gone = (): void => {
          finish()
          reject(new Error('The client is gone'))
        }
        const timer = setTimeout(() => {
          finish()
          reject(new Error('The client does not come back'))
        }, order.msMax + GRACE_MS)
        client.once('message', answer)
        client.once('exit', gone)
        client.send(order)
      }),
  }
}
