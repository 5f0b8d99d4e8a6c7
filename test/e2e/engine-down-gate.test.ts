import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { startTemporal } from '../../dev/temporal-server.ts'
import { keptEngine, killEngine } from '../support/engine.ts'
import { journey, mailsAndWaits } from '../support/journeys.ts'
import { eventually, startTestRumbo } from '../support/rumbo.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'

/** Of each kind: complains, withdraws the consent, does nothing. */
const OF_EACH = 5
/** From the API's answer to the last mail that it forbids. */
const IN_FORCE_WITHIN_MS = 1_000
const WATCHED_MS = 4_000
/** Tasks that were out when the engine died time out there, one after the other, before they are done again. */
const BACK_WITHIN_MS = 90_000

/** What has been started; undone in the opposite order, whatever became of the test. */
let started = new AsyncDisposableStack()
afterEach(async () => {
  await started.disposeAsync()
  started = new AsyncDisposableStack()
})

test(
  'rows 6, 10 and 15: with the engine down, what forbids is in force within a second of the answer',
  { timeout: 300_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rumbo-engine-down-'))
    started.defer(() => rmSync(folder, { recursive: true, force: true }))
    const options = await keptEngine(folder)
    const first = await startTemporal(options)
    started.defer(first.stop)
    const takenAtMs: number[] = []
    const smtp = await startSmtpSink(() => takenAtMs.push(Date.now()) > 0)
    started.defer(smtp.stop)
    const opens = Promise.withResolvers<void>()
    const reached = new Set<string>()
    const rumbo = await startTestRumbo(await connectEmbedded(), {
      engine: first,
      smtpUrl: smtp.url,
      beforeSend: async ({ customerId }) => {
        reached.add(customerId)
        await opens.promise
      },
    })
    started.defer(rumbo.stop)
    const call = async (method: string, path: string, body?: unknown): Promise<string> => {
      const answer = await rumbo.call(method, path, body)
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
      return answer.body['customerId'] as string
    }
    await call('PUT', '/v1/contact-policy', { exclusions: [{ preset: 'complaintOpen' }] })
    await rumbo.publish(journey('welcome', { steps: mailsAndWaits('P30D') }))
    const people = await Promise.all(
      ['complains', 'withdraws', 'says nothing'].flatMap((kind) =>
        Array.from({ length: OF_EACH }, async (_, index) => {
          const userId = `${kind.replaceAll(' ', '-')}-${index}`
          await call('POST', '/v1/identify', {
            userId,
            traits: { email: `${userId}@example.com` },
          })
          const consent = `/v1/customers/user:${userId}/consents/marketing/email`
          await call('PUT', consent, { granted: true, source: 'test' })
          const customerId = await call('GET', `/v1/customers/user:${userId}`)
          await rumbo.track(userId, 'Signed Up')
          return { kind, userId, customerId, consent }
        }),
      ),
    )
    const all = (kind: string) => people.filter((person) => person.kind === kind)
    const takenOf = ({ customerId }: { customerId: string }) =>
      takenAtMs.filter((_, index) => smtp.taken[index]?.startsWith(customerId) === true)
    await eventually('every mail has come to the worker', async () =>
      people.every(({ customerId }) => reached.has(customerId)),
    )

    killEngine(options.dbFile)
    await first.ended
    await Promise.all([
      ...all('complains').map(({ userId }) =>
        rumbo.track(userId, 'Complaint Opened', { complaint_id: userId }),
      ),
      ...all('withdraws').map(({ consent }) =>
        call('PUT', consent, { granted: false, source: 'test' }),
      ),
    ])
    const answeredAtMs = Date.now()
    opens.resolve()
    await sleep(WATCHED_MS)
    for (const person of [...all('complains'), ...all('withdraws')])
      expect(takenOf(person).filter((ms) => ms > answeredAtMs + IN_FORCE_WITHIN_MS)).toEqual([])
    for (const person of all('says nothing'))
      expect(takenOf(person), 'what nobody forbids goes out').toHaveLength(1)

    const second = await startTemporal(options)
    started.defer(second.stop)
    const statuses = async (userId: string) => {
      const { body } = await rumbo.call('GET', `/v1/customers/user:${userId}/deliveries`)
      return (body['data'] as { status: string }[]).map(({ status }) => status)
    }
    for (const { userId } of all('complains'))
      await eventually(
        'the actor has heard of the complaint',
        async () => (await statuses(userId)).includes('held'),
        BACK_WITHIN_MS,
      )
    for (const { userId } of all('complains'))
      await rumbo.track(userId, 'Complaint Closed', { complaint_id: userId })
    for (const { userId } of all('complains'))
      await eventually(
        'the mail goes out when the complaint is closed',
        async () => (await statuses(userId)).includes('sent'),
        BACK_WITHIN_MS,
      )
    for (const person of people)
      expect(takenOf(person), person.userId).toHaveLength(person.kind === 'withdraws' ? 0 : 1)
  },
)
