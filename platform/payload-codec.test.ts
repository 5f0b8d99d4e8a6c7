import { randomBytes } from 'node:crypto'
import {
  defaultPayloadConverter,
  type Payload,
  type WorkflowSerializationContext,
} from '@temporalio/common'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  createPayloadCodec,
  PayloadKeyDestroyedError,
  type PayloadKey,
  type PayloadKeys,
} from './payload-codec.ts'

const context: WorkflowSerializationContext = {
  type: 'workflow',
  namespace: 'default',
  workflowId: 'customer/anna',
}
const customerIdOf = (id: string): string | undefined =>
  id.startsWith('customer/') ? id.slice('customer/'.length) : undefined

describe('the payload codec', () => {
  const kept = new Map<string, PayloadKey>()
  const keys: PayloadKeys = {
    ofCustomer: async (customerId) => {
      const key = kept.get(customerId) ?? { keyId: `of-${kept.size}`, key: randomBytes(32) }
      kept.set(customerId, key)
      return key
    },
    byId: async (keyId) => [...kept.values()].find((key) => key.keyId === keyId),
  }
  const codec = createPayloadCodec(keys, { encrypts: true, customerIdOf })
  const payload = defaultPayloadConverter.toPayload({ lifecycle: 'hero' })
  const textOf = ({ metadata, data }: Payload): string =>
    Buffer.concat([...Object.values(metadata ?? {}), data ?? Buffer.alloc(0)]).toString('latin1')

  beforeEach(() => kept.clear())

  const encode = async (workflowId = context.workflowId): Promise<Payload> => {
    const [encoded] = await codec.encode([payload], { ...context, workflowId })
    return encoded ?? expect.fail()
  }

  test('what it wrote it reads, whoever asks', async () => {
    const [decoded] = await codec.decode([await encode()])
    expect(defaultPayloadConverter.fromPayload(decoded ?? expect.fail())).toEqual({
      lifecycle: 'hero',
    })
  })

  test('nothing of the value, nor of its type, can be seen', async () => {
    const encoded = await encode()
    expect(textOf(encoded)).not.toMatch(/hero|lifecycle|json|anna/)
    expect(await encode()).not.toEqual(encoded)
  })

  test("an activity's payloads are those of the customer whose workflow asks for it", async () => {
    const activity = { ...context, type: 'activity', isLocal: false } as const
    const [encoded] = await codec.encode([payload], activity)
    expect(encoded?.metadata?.['encoding']?.toString()).toBe('binary/encrypted')
  })

  test('each customer has a key of their own', async () => {
    const [anna, bea] = [await encode(), await encode('customer/bea')]
    expect(anna.metadata?.['encryption-key-id']).not.toEqual(bea.metadata?.['encryption-key-id'])
    const swapped = { ...bea, metadata: anna.metadata ?? {} }
    await expect(codec.decode([swapped])).rejects.toThrow(/authenticate/)
  })

  test('workflows that are no customers stay as they are', async () => {
    expect(await codec.encode([payload], { ...context, workflowId: 'migration/1' })).toEqual([
      payload,
    ])
    expect(await codec.decode([payload])).toEqual([payload])
  })

  test('a destroyed key is told apart from a broken payload', async () => {
    const encoded = await encode()
    const data = Buffer.from(encoded.data ?? [])
    data[20] = (data[20] ?? 0) ^ 1
    await expect(codec.decode([{ ...encoded, data }])).rejects.toThrow(/authenticate/)
    kept.clear()
    await expect(codec.decode([encoded])).rejects.toThrow(PayloadKeyDestroyedError)
  })

  test('switched off, it still reads what was encrypted', async () => {
    const off = createPayloadCodec(keys, { encrypts: false, customerIdOf })
    expect(await off.encode([payload], context)).toEqual([payload])
    expect(textOf((await off.decode([await encode()]))[0] ?? expect.fail())).toContain('hero')
  })
})
