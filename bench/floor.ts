import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker'
import { PROPERTIES } from './customers.ts'
import { floor, happened } from './floor-workflow.ts'
import { nowMs } from './now.ts'
import { atPace, inLanes } from './pace.ts'
import { OBSERVE, type System } from './system.ts'

/** As many as the dispatcher has. */
const IN_FLIGHT = 64
const QUEUE = 'bench-floor'
const WAVE_MS_MAX = 60_000

/** The bare engine on the same server, driven as hard as the dispatcher drives it. */
export interface Floor {
  /** One signal to each of `count` workflows, each with `events` events; answers when each was handled. */
  readonly burst: (events: number, count: number) => Promise<Map<string, number>>
  /** One signal after the other at this rate; answers milliseconds from sending to handled. */
  readonly pace: (perSecond: number, count: number) => Promise<number[]>
}

/** Starts `count` bare workflows and a worker for them. */
export async function startFloor(
  { client, connection, observer }: System,
  count: number,
  resources: AsyncDisposableStack,
): Promise<Floor> {
  const worker = await Worker.create({
    connection,
    namespace: client.options.namespace,
    taskQueue: QUEUE,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('floor-workflow.ts', import.meta.url)),
      workflowInterceptorModules: [OBSERVE],
      logger: new DefaultLogger('ERROR'),
    }),
    sinks: observer.sinks,
    maxCachedWorkflows: count,
  })
  const ended = worker.run()
  // Reported by `stop`; meanwhile the wave that gets no answers says so.
  ended.catch(() => {})
  resources.defer(async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown()
    await ended
  })

  const ids = Array.from({ length: count }, (_, index) => `floor/${index}`)
  const signal = async (workflowId: string, events: number): Promise<void> => {
    await client.workflow.signalWithStart(floor, {
      workflowId,
      taskQueue: QUEUE,
      args: [],
      signal: happened,
      signalArgs: [Array.from({ length: events }, eventOf)],
    })
  }
  const burst: Floor['burst'] = async (events, wanted) => {
    const chosen = ids.slice(0, wanted)
    const handled = observer.all(chosen, { sight: 'signals', withinMs: WAVE_MS_MAX })
    await inLanes(chosen, IN_FLIGHT, (id) => signal(id, events))
    return handled
  }
  // Starts them all.
  await burst(1, count)

  return {
    burst,
    pace: async (perSecond, wanted) => {
      const paced = ids.slice(0, wanted)
      const handled = observer.all(paced, { sight: 'signals', withinMs: WAVE_MS_MAX })
      const sentAt = new Map<string, number>()
      await atPace(paced, perSecond, (id) => {
        sentAt.set(id, nowMs())
        return signal(id, 1)
      })
      const handledAt = await handled
      return paced.map((id) => (handledAt.get(id) ?? Number.NaN) - (sentAt.get(id) ?? Number.NaN))
    },
  }
}

const eventOf = (_: unknown, index: number): object => ({
  type: 'event',
  seq: index,
  name: 'Product Viewed',
  occurredAtMs: 1_700_000_000_000,
  receivedAtMs: 1_700_000_000_000,
  properties: PROPERTIES,
})
