import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Payload } from '@temporalio/common'
import { afterAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { createPayloadKeys, destroyPayloadKeys } from '../../db/payload-keys.ts'
import { startTemporal } from '../../dev/temporal-server.ts'
import { createPayloadCodec, PayloadKeyDestroyedError } from '../../platform/payload-codec.ts'
import { customerIdOf } from '../../workflows/customer-messages.ts'
import { keptEngine } from '../support/engine.ts'
import { journey, mailsAndWaits } from '../support/journeys.ts'
import { CODEC_TOKEN, PAYLOAD_SECRET, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'

// What a marketer's condition names travels, whatever somebody has written there.
const WORD = 'Zanzibar4711'
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** A Rumbo whose engine keeps its data in a folder that can be looked into. */
async function startOver(
  encrypts: boolean,
): Promise<{ rumbo: TestRumbo; isStored: () => boolean }> {
  const folder = mkdtempSync(join(tmpdir(), 'rumbo-encryption-'))
  folders.push(folder)
  const engine = await startTemporal(await keptEngine(folder))
  const started = await startTestRumbo(await connectEmbedded(), { engine, encrypts })
  const rumbo = { ...started, stop: async () => (await started.stop(), engine.stop()) }
  await rumbo.publish(
    journey('welcome', {
      entry: { on: [{ event: 'Order Completed', when: "event.properties.note != ''" }] },
      steps: mailsAndWaits('P3D'),
    }),
  )
  // The write-ahead log among them: nothing has to be on its way for this to be found.
  const isStored = (): boolean =>
    readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(WORD))
  return { rumbo, isStored }
}

const buy = async (rumbo: TestRumbo): Promise<TestCustomer> => {
  const ana = await TestCustomer.create(rumbo, {
    userId: 'ana',
    traits: { email: 'ana@example.com' },
  })
  await ana.track('Order Completed', { note: WORD })
  await ana.settle()
  expect(await ana.deliveries()).toMatchObject([{ status: 'sent' }])
  return ana
}

test('without encryption the engine holds what rules name', async () => {
  const { rumbo, isStored } = await startOver(false)
  await buy(rumbo)
  expect(isStored()).toBe(true)
  await rumbo.stop()
})

test('with it a customer lives as ever, and nobody can read the engine but through the codec', async () => {
  const { rumbo, isStored } = await startOver(true)
  const ana = await buy(rumbo)
  await ana.forward('P4D')
  expect(await ana.deliveries()).toHaveLength(2)
  expect(isStored()).toBe(false)

  const { events } = await ana.actor.fetchHistory()
  const payloads = (events ?? []).flatMap(
    ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.input?.payloads ?? [],
  )
  expect(payloads).not.toHaveLength(0)
  const decode = async (token: string): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${rumbo.url}/codec/${token}/decode`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://127.0.0.1:1' },
      body: JSON.stringify({ payloads: payloads.map(toJson) }),
    })
    if (!answer.ok) return { status: answer.status, text: '' }
    expect(answer.headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:1')
    const body = (await answer.json()) as { payloads: { data: string }[] }
    const texts = body.payloads.map(({ data }) => Buffer.from(data, 'base64').toString())
    return { status: 200, text: texts.join('\n') }
  }
  expect((await decode(CODEC_TOKEN)).text).toContain(WORD)
  expect((await decode(`${CODEC_TOKEN}-guessed`)).status).toBe(404)

  // A process that has not met her lately: the one of this test remembers the key for a minute.
  const elsewhere = createPayloadCodec(createPayloadKeys(rumbo.db, PAYLOAD_SECRET), {
    encrypts: true,
    customerIdOf,
  })
  await expect(elsewhere.decode(payloads)).resolves.toHaveLength(payloads.length)
  await destroyPayloadKeys(rumbo.db, [ana.customerId])
  const later = createPayloadCodec(createPayloadKeys(rumbo.db, PAYLOAD_SECRET), {
    encrypts: true,
    customerIdOf,
  })
  await expect(later.decode(payloads)).rejects.toThrow(PayloadKeyDestroyedError)
  await rumbo.stop()
})

const toJson = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]),
  ),
  data: base64(data ?? new Uint8Array()),
})

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
