import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { announceServer } from '../dev/running-server.ts'
import { answerOf, everyPage } from './call.ts'
import { EXIT } from './exit-codes.ts'
import { connectTo, findServer } from './server.ts'

let dataFolder: string
beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'rumbo-server-'))
})
afterEach(() => rmSync(dataFolder, { recursive: true }))

const { signal } = new AbortController()
const find = (settings: { serverUrl?: string; apiKey?: string } = {}) =>
  findServer({ serverUrl: undefined, apiKey: undefined, dataFolder, ...settings }, signal)
const announce = () =>
  announceServer(dataFolder, {
    pid: 1,
    url: 'http://127.0.0.1:3000',
    key: 'rk_1',
    temporalUiUrl: '',
    temporalAddress: '',
    temporalNamespace: '',
  })

describe('the server that is meant', () => {
  test('is the one of the settings, before any other', () => {
    announce()
    expect(find({ serverUrl: 'https://rumbo.example/', apiKey: 'k' }).url).toBe(
      'https://rumbo.example',
    )
  })

  test('is else the one that runs on the data folder, with its key', () => {
    announce()
    expect(find().url).toBe('http://127.0.0.1:3000')
    expect(find({ serverUrl: 'http://127.0.0.1:3000' }).url).toBe('http://127.0.0.1:3000')
  })

  test('is told to be missing, or to lack a key, with what to do', () => {
    expect(() => find()).toThrow(/npm start.*RUMBO_URL/)
    announce()
    expect(() => find({ serverUrl: 'https://rumbo.example' })).toThrow(/RUMBO_API_KEY/)
  })
})

describe('an answer', () => {
  const serverThat = (answer: () => Response) =>
    connectTo({ url: 'http://rumbo.test', key: 'k', signal, fetch: async () => answer() }).client
  const list = (answer: () => Response) =>
    answerOf(serverThat(answer).v1.journeys.$get({ query: {} }))
  const problem = (status: number) =>
    Response.json({ type: '/docs/problems.md#conflict', detail: 'No.' }, { status })

  test.each([
    [409, EXIT.refused],
    [403, EXIT.refused],
    [401, EXIT.outage],
    [429, EXIT.outage],
    [503, EXIT.outage],
  ])('with status %i ends with %i', async (status, exitCode) => {
    await expect(list(() => problem(status))).rejects.toMatchObject({ exitCode })
  })

  test('that never comes is an outage, and says where nobody is', async () => {
    const server = connectTo({ url: 'http://127.0.0.1:9', key: 'k', signal })
    await expect(answerOf(server.client.v1.journeys.$get({ query: {} }))).rejects.toMatchObject({
      exitCode: EXIT.outage,
      message: expect.stringContaining('127.0.0.1:9') as string,
    })
  })

  test('of many pages is read to the end, or as far as is asked for', async () => {
    const asked: string[] = []
    const load = async ({ limit, cursor = '0' }: { limit: string; cursor?: string }) => {
      asked.push(`${cursor}+${limit}`)
      const from = Number(cursor)
      const data = Array.from({ length: Number(limit) }, (_, i) => from + i)
      return { data, nextCursor: from < 400 ? String(from + Number(limit)) : null }
    }
    expect(await everyPage(load)).toHaveLength(600)
    expect(await everyPage(load, { atMost: 250 })).toHaveLength(250)
    expect(asked).toEqual(['0+200', '200+200', '400+200', '0+200', '200+50'])
  })
})
