import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { findQuarantined, insertQuarantined } from '../db/quarantine.ts'
import type { Finding } from '../domain/errors.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { createEventAcceptor } from './accept-events.ts'
import { retryQuarantine, type RetryQuarantineDeps } from './retry-quarantine.ts'

const wrong: Finding = { code: 'bad', path: '/event', message: 'bad', severity: 'error' }

describeOnEachDatabase('retryQuarantine', (db) => {
  beforeAll(async () => {
    await putInForce(db(), { events: {} })
  })
  const deps = (parse: RetryQuarantineDeps['parse']): RetryQuarantineDeps => ({
    db: db(),
    acceptor: createEventAcceptor({ db: db(), now: Date.now, onPending: () => {} }),
    now: Date.now,
    parse,
  })
  const readsWell: RetryQuarantineDeps['parse'] = ({ quarantineId, body }) => ({
    type: 'track',
    messageId: quarantineId,
    userId: 'u',
    event: JSON.stringify(body),
    historical: false,
  })
  const quarantined = async (): Promise<string> => {
    const quarantineId = randomUUID()
    const entry = { quarantineId, keyId: null, body: 'Opened', findings: [wrong] }
    await insertQuarantined(db(), [{ ...entry, receivedAtMs: Date.now() }])
    return quarantineId
  }
  const statusOf = async (id: string) => (await findQuarantined(db(), id))?.status

  test('accepts an event that reads well by now, once', async () => {
    const quarantineId = await quarantined()
    const input = { quarantineId, keyId: null }
    const accepted = await retryQuarantine(deps(readsWell), input)
    expect(accepted).toMatchObject({ messageId: quarantineId, duplicate: false })
    expect(await statusOf(quarantineId)).toBe('resolved')
    const again = retryQuarantine(deps(readsWell), input)
    await expect(again).rejects.toMatchObject({ code: 'conflict' })
  })

  test('says what is still wrong and keeps the entry', async () => {
    const quarantineId = await quarantined()
    const retry = retryQuarantine(
      deps(() => [wrong]),
      { quarantineId, keyId: null },
    )
    await expect(retry).rejects.toMatchObject({ code: 'unacceptable', findings: [wrong] })
    expect(await statusOf(quarantineId)).toBe('open')
  })

  test('knows no entry that is not there', async () => {
    const retry = retryQuarantine(deps(readsWell), { quarantineId: 'none', keyId: null })
    await expect(retry).rejects.toMatchObject({ code: 'not_found' })
  })
})
