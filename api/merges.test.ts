import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { listPendingLinks } from '../db/pending-links.ts'
import type { JsonObject } from '../domain/json.ts'
import { beginMerge } from '../operations/begin-merge.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf } from '../test/support/command-line.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

interface Merge {
  readonly mergeId: string
  readonly winner: string
  readonly loser: string
  readonly status: string
}

describeOnEachDatabase('merges over HTTP', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db())
  })
  const round = async () => {
    for (const linkId of await listPendingLinks(db(), { after: 0, limit: 100 }))
      await beginMerge(api.deps, linkId)
  }
  const ask = async <T>(call: string, body?: unknown): Promise<T> => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, ...((await answer.json()) as object) } as T
  }
  const identify = (userId: string, anonymousId: string, traits: JsonObject = {}) =>
    ask('POST /v1/identify', { userId, anonymousId, traits, messageId: randomUUID() })
  /** Two user ids on one device: held back. */
  const doubtful = async () => {
    const [ana, ben, device] = [randomUUID(), randomUUID(), randomUUID()]
    await identify(ana, device)
    await identify(ben, randomUUID())
    await identify(ben, device)
    await round()
    const { data } = await ask<{ data: Merge[] }>('GET /v1/merges?status=quarantined')
    return { ana, ben, merge: data[0]! }
  }
  const merges = (...args: string[]) => runCommand(['merges', ...args], { server: serverOf(api) })

  test('a visitor who is identified is one customer: by any name, with the history of both', async () => {
    const [user, visitor] = [randomUUID(), randomUUID()]
    await ask('POST /v1/track', { anonymousId: visitor, event: 'Looked', messageId: randomUUID() })
    const before = await ask<{ customerId: string }>(`GET /v1/customers/anonymous:${visitor}`)
    await identify(user, randomUUID(), { plan: 'pro' })
    await identify(user, visitor)
    await round()
    const page = await ask<JsonObject>(`GET /v1/customers/user:${user}`)
    expect(page).toMatchObject({ mergedFrom: [before.customerId], traits: { plan: 'pro' } })
    for (const name of [before.customerId, `anonymous:${visitor}`])
      expect(await ask(`GET /v1/customers/${name}`)).toEqual({ ...page, clock: expect.any(String) })
    const { data } = await ask<{ data: { kind: string; summary: string }[] }>(
      `GET /v1/customers/user:${user}/timeline`,
    )
    expect(data.map(({ summary }) => summary)).toContain('Looked')
    expect(data.find(({ kind }) => kind === 'link')).toMatchObject({
      summary: `same person as ${before.customerId} (identify): merged`,
    })
  })

  test('one that is held back says why, and is done once somebody with scope operate approves it', async () => {
    const { merge } = await doubtful()
    expect(merge).toMatchObject({
      status: 'quarantined',
      reason: 'user_limit',
      detail: expect.stringContaining('share a device'),
    })
    const call = `POST /v1/merges/${merge.mergeId}/approve`
    const reader = await api.keyWith('read')
    expect((await api.request(call, { key: reader })).status).toBe(403)
    expect(await ask(call)).toMatchObject({ status: 'approved', decidedBy: expect.any(String) })
    expect(await ask(call)).toMatchObject({ status: 409 })
    await round()
    expect(await ask(`GET /v1/customers/${merge.loser}`)).toMatchObject({
      customerId: merge.winner,
    })
    const { data } = await ask<{ data: { action: string }[] }>('GET /v1/commands')
    expect(data[0]).toMatchObject({ action: 'merge.approve', target: `merge/${merge.mergeId}` })
  })

  test('one that is rejected stays apart, whatever else links the two', async () => {
    const { ana, ben, merge } = await doubtful()
    expect(await ask(`POST /v1/merges/${merge.mergeId}/reject`)).toMatchObject({
      status: 'rejected',
    })
    await ask('POST /v1/alias', { userId: ana, previousId: ben, messageId: randomUUID() })
    await round()
    const pages = await Promise.all(
      [ana, ben].map((id) => ask<{ customerId: string }>(`GET /v1/customers/user:${id}`)),
    )
    expect(new Set(pages.map(({ customerId }) => customerId)).size).toBe(2)
  })

  test('rumbo merges lists them and decides', async () => {
    const { merge } = await doubtful()
    const listed = await merges('list', '--status', 'quarantined')
    expect(listed.stdout).toContain('share a device')
    const said = await merges('approve', merge.mergeId)
    expect([said.code, said.stdout]).toEqual([
      0,
      `Approved: ${merge.loser} becomes part of ${merge.winner}\n`,
    ])
    const again = await merges('reject', merge.mergeId)
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('approved')])
  })
})
