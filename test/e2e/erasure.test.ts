import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WorkflowNotFoundError } from '@temporalio/client'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { startTemporal, type TemporalServerOptions } from '../../dev/temporal-server.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { customerWorkflowId } from '../../workflows/customer-messages.ts'
import { keptEngine } from '../support/engine.ts'
import { journey, mailsAndWaits } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { startSmtpSink, type SmtpSink } from '../support/smtp-sink.ts'
import { tablesWith } from '../support/store-search.ts'

/** Nobody else is called so: whatever holds one of these words holds something about Zora. */
const ZORA = {
  userId: 'zora-quellmalz-4711',
  anonymousId: 'quellmalz-browser-77',
  email: 'zora.quellmalz@privat.example',
  note: 'For dear Quellmalz',
}
const WORDS = ['quellmalz', 'privat.example', 'zora-']

let folder: string
let rumbo: TestRumbo
let smtp: SmtpSink
let options: TemporalServerOptions
let stopEngine: () => Promise<void>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-erasure-'))
  options = await keptEngine(folder)
  const engine = await startTemporal(options)
  stopEngine = engine.stop
  smtp = await startSmtpSink()
  rumbo = await startTestRumbo(await connectEmbedded(), {
    engine,
    smtpUrl: smtp.url,
    encrypts: true,
  })
  await rumbo.publish(
    journey('welcome', {
      entry: {
        on: [{ event: 'Order Completed', when: "event.properties.note != ''" }],
        reentry: { mode: 'afterExit' },
      },
      steps: mailsAndWaits('P3D'),
    }),
  )
})
afterAll(async () => {
  await rumbo.stop()
  await smtp.stop()
  await stopEngine()
  rmSync(folder, { recursive: true, force: true })
})

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '')

const customerOf = async (name: string): Promise<string> => {
  const { body } = await rumbo.call('GET', `/v1/customers/${encodeURIComponent(name)}`)
  return textOf(body['customerId'])
}

const meet = async (): Promise<string> => {
  await rumbo.call('POST', '/v1/identify', {
    userId: ZORA.userId,
    anonymousId: ZORA.anonymousId,
    traits: { email: ZORA.email, lastName: 'Quellmalz' },
  })
  await rumbo.call('PUT', `/v1/customers/${ZORA.userId}/consents/marketing/email`, {
    granted: true,
    source: 'form',
  })
  const customerId = await customerOf(ZORA.userId)
  await rumbo.track(ZORA.userId, 'Order Completed', { note: ZORA.note })
  return customerId
}

const sent = (to: string) =>
  eventually('a mail was sent', async () => smtp.mails.some((mail) => mail.includes(to)))

const isGone = async (customerId: string): Promise<boolean> => {
  const handle = rumbo.client.workflow.getHandle(customerWorkflowId(customerId))
  const described = handle.describe().then(
    () => true,
    (error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return false
      throw error
    },
  )
  if (await described) return false
  const query = `WorkflowId = '${customerWorkflowId(customerId)}'`
  for await (const _ of rumbo.client.workflow.list({ query })) return false
  return true
}

describe('row 19: customer erased', () => {
  test('actor stopped, rows gone, history deleted and unreadable, not re-created by a late event', async () => {
    const customerId = await meet()
    await sent(ZORA.email)
    // A second run of the workflow, and what was refused, answered and logged about her.
    await rumbo.client.workflow.getHandle(customerWorkflowId(customerId)).cancel()
    await eventually('the actor ended', async () => {
      const { status } = await rumbo.client.workflow
        .getHandle(customerWorkflowId(customerId))
        .describe()
      return status.name !== 'RUNNING'
    })
    await rumbo.track(ZORA.userId, 'Order Completed', { note: ZORA.note })
    await rumbo.call('POST', '/v1/batch', {
      batch: [
        { type: 'track', userId: ZORA.userId, properties: { note: ZORA.note } },
        {
          type: 'track',
          userId: 'somebody else',
          event: 'Order Completed',
          properties: { note: '' },
        },
      ],
    })
    expect(await tablesWith(rumbo.db, WORDS)).toContain('quarantine')

    const erased = await rumbo.call('DELETE', `/v1/customers/${ZORA.userId}`)
    expect(erased).toMatchObject({
      status: 200,
      body: {
        status: 'done',
        receipt: { tombstones: 4, keys: 1, encrypted: true, rows: { customers: 1 } },
      },
    })
    expect((erased.body['receipt'] as JsonObject)['engineRuns']).toBeGreaterThanOrEqual(2)
    expect(await isGone(customerId)).toBe(true)
    await sql`vacuum full`.execute(rumbo.db)
    await sql`checkpoint`.execute(rumbo.db)
    expect(await tablesWith(rumbo.db, [...WORDS, customerId])).toEqual([])
    // The engine's database and its write-ahead log, as they lie on the disk.
    const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
    expect(bytes.filter((text) => WORDS.some((word) => text.toLowerCase().includes(word)))).toEqual(
      [],
    )

    // Late, by each of her names; somebody else in the same call is heard.
    for (const names of [
      { userId: ZORA.userId },
      { anonymousId: ZORA.anonymousId },
      { userId: 'another', traits: { email: ` ${ZORA.email.toUpperCase()} ` } },
    ])
      expect(
        await rumbo.call('POST', '/v1/identify', { ...names, timestamp: '2026-01-01T00:00:00Z' }),
      ).toEqual({
        status: 200,
        body: { success: true },
      })
    const late = await rumbo.call('POST', '/v1/batch?wait=handled', {
      batch: [
        { type: 'track', userId: ZORA.userId, event: 'Order Completed', properties: { note: 'x' } },
        { type: 'track', userId: 'ben', event: 'Order Completed', properties: { note: '' } },
      ],
    })
    expect(late.body['customerId']).toBe(await customerOf('ben'))
    expect(await tablesWith(rumbo.db, WORDS)).toEqual([])
    const { body } = await rumbo.call('GET', '/v1/erasures')
    expect(body['dropped']).toEqual([expect.objectContaining({ count: 4 })])

    // The same again answers the same, by any of the names; nobody is found by them.
    const again = await rumbo.call('DELETE', `/v1/customers/${encodeURIComponent(ZORA.email)}`)
    expect(again).toEqual(erased)
    expect((await rumbo.call('GET', `/v1/customers/${ZORA.userId}`)).status).toBe(404)

    // Until a person says otherwise: then it is a new customer.
    const name = { kind: 'user', value: ZORA.userId }
    expect((await rumbo.call('DELETE', '/v1/tombstones', name)).status).toBe(200)
    expect((await rumbo.call('DELETE', '/v1/tombstones', name)).status).toBe(404)
    await rumbo.track(ZORA.userId, 'Order Completed', { note: '' })
    expect(await customerOf(ZORA.userId)).not.toBe(customerId)
  })

  test('somebody who was merged, in the middle of a journey: the whole person goes', async () => {
    const visit = { anonymousId: 'mia-phone', event: 'Order Completed', properties: { note: 'b' } }
    await rumbo.track('mia', 'Order Completed', { note: 'a' })
    await rumbo.call('POST', '/v1/track', visit)
    const [known, visitor] = [await customerOf('mia'), await customerOf('mia-phone')]
    await rumbo.call('POST', '/v1/identify', { userId: 'mia', anonymousId: 'mia-phone' })
    await eventually('they are one', async () => (await customerOf('mia-phone')) === known)
    const { status, body } = await rumbo.call('DELETE', '/v1/customers/mia-phone')
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { receipt: { tombstones: 4, rows: { customers: 2, merges: 1 } } },
    })
    expect(await Promise.all([known, visitor].map(isGone))).toEqual([true, true])
    expect(await tablesWith(rumbo.db, [known, visitor])).toEqual([])
  })

  test('with the engine away it begins at once, and is gone on with when it is back', async () => {
    await rumbo.track('lea', 'Order Completed', { note: 'c' })
    const customerId = await customerOf('lea')
    await eventually('her actor runs', async () => !(await isGone(customerId)))
    await stopEngine()
    const begun = await rumbo.call('DELETE', '/v1/customers/lea')
    expect(begun).toMatchObject({ status: 202, body: { status: 'running' } })
    expect((await rumbo.call('GET', '/v1/customers/lea')).status).toBe(404)
    const late = { messageId: 'late', userId: 'lea', event: 'Order Completed' }
    expect((await rumbo.call('POST', '/v1/track', late)).status).toBe(200)
    const back = await startTemporal(options)
    stopEngine = back.stop
    await eventually(
      'it is over',
      async () => {
        const path = `/v1/erasures/${textOf(begun.body['erasureId'])}`
        return (await rumbo.call('GET', path)).body['status'] === 'done'
      },
      60_000,
    )
    expect(await isGone(customerId)).toBe(true)
    expect(await tablesWith(rumbo.db, [customerId])).toEqual([])
  })
})
