import { expect, test, vi } from 'vitest'
import { connectEmbedded } from '../db/connect.ts'
import { connectTemporal } from '../platform/temporal.ts'
import { startTestEngine } from '../test/support/engine.ts'
import { processLog } from '../test/support/process-log.ts'
import type { RunningWorkers } from './run.ts'
import { startWorkerProcess } from './start-worker-process.ts'

const startWorkers = vi.hoisted(() => vi.fn<() => Promise<RunningWorkers>>())
vi.mock('./run.ts', () => ({ startWorkers }))

test('an engine that goes away while the workers start is tried again', async () => {
  const engine = await startTestEngine()
  const { db, close } = await connectEmbedded()
  const temporal = { address: engine.address, namespace: 'default' }
  const client = connectTemporal(temporal)
  startWorkers
    .mockRejectedValueOnce(new Error('The namespace could not be described'))
    .mockResolvedValueOnce({ ended: new Promise(() => {}), stop: async () => {} })

  const worker = await startWorkerProcess({
    temporal,
    client,
    db,
    codec: { encode: async (payloads) => payloads, decode: async (payloads) => payloads },
    log: processLog().log,
    smtpUrl: undefined,
    bounceDomain: undefined,
    isPostmark: false,
    mailFrom: undefined,
    hasPages: false,
    push: {},
    sms: undefined,
    links: { secret: 'only for this test', publicUrl: undefined, ownUrl: 'http://127.0.0.1:1' },
    webhookSecret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  })
  await Promise.race([worker.ready, worker.failed])
  expect(startWorkers).toHaveBeenCalledTimes(2)

  await worker.stop()
  await client.connection.close()
  await close()
  await engine.stop()
})
