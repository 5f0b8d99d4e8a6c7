import type { PayloadCodec } from '@temporalio/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { PayloadKeyDestroyedError } from '../platform/payload-codec.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'

const TOKEN = 'a-token-for-tests-with-32-letters'
const PATH = `POST /codec/${TOKEN}/decode`
let store: DatabaseHandle
let api: TestApi

/** Reads "sealed" as "clear"; of everything else the key was destroyed. */
const codec: PayloadCodec = {
  encode: async (payloads) => payloads,
  decode: async ([payload]) => {
    if (Buffer.from(payload?.data ?? []).toString() !== 'sealed')
      throw new PayloadKeyDestroyedError('destroyed')
    return [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"clear"') }]
  },
}
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const payload = (data: string) => ({
  metadata: { encoding: base64('binary/encrypted') },
  data: base64(data),
})

beforeAll(async () => {
  store = await connectEmbedded()
  await migrate(store.db)
  api = await createTestApi(store.db, { codecEndpoint: { codec, token: TOKEN } })
})
afterAll(() => store.close())

test('payloads come back in the clear, in their order, and say where nobody can read them', async () => {
  const body = { payloads: [payload('sealed'), payload('erased'), payload('sealed')] }
  const answer = await api.request(PATH, { body, key: null })
  expect(answer.status).toBe(200)
  const { payloads } = (await answer.json()) as { payloads: { data: string }[] }
  expect(payloads.map(({ data }) => JSON.parse(Buffer.from(data, 'base64').toString()))).toEqual([
    'clear',
    expect.stringContaining('erased'),
    'clear',
  ])
})

test('only pages of the engine may ask from a browser', async () => {
  const allowed = async (origin: string): Promise<string | null> => {
    const answer = await api.request(`OPTIONS /codec/${TOKEN}/decode`, {
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    return answer.headers.get('access-control-allow-origin')
  }
  expect(await allowed('http://127.0.0.1:8233')).toBe('http://127.0.0.1:8233')
  expect(await allowed('https://elsewhere.example')).toBeNull()
})

test.each([
  ['nobody who does not know the token', 'POST /codec/guessed/decode', { payloads: [] }, 404],
  ['what is no JSON', PATH, 'payloads', 400],
  ['what is no list of payloads', PATH, { payloads: [{ data: '*' }] }, 400],
])('answers %s', async (_, call, body, status) => {
  expect((await api.request(call, { body, key: null })).status).toBe(status)
})

test('is not there where nothing lets the UI in', async () => {
  const without = await createTestApi(store.db)
  expect((await without.request(PATH, { body: { payloads: [] }, key: null })).status).toBe(404)
})
