import type { Kysely } from 'kysely'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { getRuleBook, getRuleBookInForce } from '../db/rule-book-in-force.ts'
import { findRuleVersion, listRuleVersions } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import type { ContactPolicy } from '../domain/contact/policy.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { RuleDocumentKind } from '../domain/rule-documents.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'
import { contentHash } from './content-hash.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import { publishJourney } from './publish-journey.ts'
import { publishRules, type PublishRulesInput } from './publish-rules.ts'

const START_MS = Date.UTC(2026, 0, 5)

const policy = (max: number): ContactPolicy => ({
  caps: [{ name: 'weekly', max, window: 'P7D' }],
  exclusions: [{ name: 'claim', open: [{ event: 'Claim Made' }] }],
})

describeOnEachDatabase('publishRules', (db) => {
  let nowMs = START_MS
  const publish = (document: unknown, input: Partial<PublishRulesInput> = {}) =>
    publishRules(
      { db: db(), now: () => nowMs, onRollout: () => {} },
      { kind: 'contact-policy', document, note: null, keyId: 'key-1', ...input },
    )
  const empty = async () => {
    await db().deleteFrom('rule_documents').execute()
    await db().deleteFrom('commands').execute()
  }

  beforeAll(() => ensureRuleBook({ db: db() }))
  beforeEach(async () => {
    nowMs = START_MS
    await empty()
  })

  test('puts a policy in force with the next batch, and keeps it for journeys published later', async () => {
    const created = await publish(policy(3), { note: 'first' })
    expect(created).toMatchObject({ status: 'created', version: 1, note: 'first' })
    const { contact, events } = await inForce(db())
    expect(contact).toMatchObject({ version: 1, caps: [{ max: 3 }] })
    expect(events).toHaveProperty('Claim Made')
    const { hash, ...content } = contact ?? {}
    expect(hash).toBe(contentHash(content))
    await publishJourney(
      { db: db(), nowMs: () => nowMs },
      { keyId: null, definition: journey('later'), note: null },
    )
    expect((await inForce(db())).contact).toEqual(contact)
  })

  test('the same content again is the version that is there', async () => {
    const created = await publish(policy(3))
    const before = await inForce(db())
    nowMs += 1_000
    const again = { $schema: 'https://a.example', ...policy(3) }
    expect(await publish(again)).toEqual({ ...created, status: 'existing' })
    expect(await inForce(db())).toEqual(before)
    expect(await listRuleVersions(db(), 'contact-policy', { limit: 9 })).toHaveLength(1)
  })

  test('older content comes back as a new version', async () => {
    for (const max of [3, 5, 3]) {
      nowMs += 1_000
      await publish(policy(max))
    }
    const versions = await listRuleVersions(db(), 'contact-policy', { limit: 9 })
    expect(versions.map(({ version }) => version)).toEqual([3, 2, 1])
    expect(versions[0]?.hash).toBe(versions[2]?.hash)
    expect(await findRuleVersion(db(), { kind: 'contact-policy', version: 2 })).toMatchObject({
      document: policy(5),
    })
    expect((await inForce(db())).contact).toMatchObject({ version: 3, caps: [{ max: 3 }] })
  })

  test('both kinds have versions of their own, and neither touches the other', async () => {
    await publish(policy(3))
    const { contact } = await inForce(db())
    expect(await publish({ margin: 0.3 }, { kind: 'arbitration' })).toMatchObject({ version: 1 })
    expect(await inForce(db())).toMatchObject({
      contact,
      arbitration: { settings: { margin: 0.3, switchesMax: 2 }, context: [] },
    })
  })

  test('retention rules leave the book as it is', async () => {
    const before = await inForce(db())
    const rules = [{ events: ['Product Viewed'], keepFor: 'P400D' }]
    expect(await publish({ rules }, { kind: 'retention' })).toMatchObject({ version: 1 })
    expect(await inForce(db())).toEqual(before)
  })

  test('retention rules that delete what is counted are refused, unless they say so', async () => {
    const rule = { events: ['Order Completed'], keepFor: 'P90D' }
    await expect(publish({ rules: [rule] }, { kind: 'retention' })).rejects.toMatchObject({
      code: 'unacceptable',
      findings: [{ code: 'counted_event', path: '/rules/0/keepFor' }],
    })
    const rules = [{ ...rule, evenIfCounted: true }]
    expect(await publish({ rules }, { kind: 'retention' })).toMatchObject({ version: 1 })
  })

  test('fills in what the population makes too many by the newest count', async () => {
    const counted = { rule: 'unusuallyManyCalls', customers: 9, mean: 1, deviation: 1 }
    await db()
      .insertInto('population_statistics')
      .values([
        { ...counted, version: 1, computed_at: new Date(nowMs), threshold: 4 },
        { ...counted, version: 2, computed_at: new Date(nowMs), threshold: 7.5 },
      ])
      .execute()
    await publish({ exclusions: [{ preset: 'unusuallyManyCalls' }] })
    expect((await inForce(db())).contact?.exclusions[0]?.beyond).toEqual({
      deviations: 3,
      window: 'P30D',
      max: 7,
    })
  })

  test('of publications at once one wins, and the other is told of it', async () => {
    await publish(policy(1))
    nowMs += 1_000
    const requestedAtMs = nowMs
    const at = { requestedAtMs }
    const results = await Promise.allSettled([
      publish(policy(2), at),
      publish(policy(4), at).finally(() => (nowMs += 1)),
    ])
    // Both have seen version 1; whoever comes second would undo what the first one published.
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'newer_version', details: { version: 2 } },
    })
  })

  test('refuses to follow a version that is not the latest, or that is none', async () => {
    await publish(policy(1))
    await publish(policy(2), { base: 1 })
    await expect(publish(policy(3), { base: 1 })).rejects.toMatchObject({ code: 'newer_version' })
    await expect(publish(policy(3), { base: 9 })).rejects.toMatchObject({ code: 'not_found' })
    expect(await publish(policy(3), { base: 2 })).toMatchObject({ version: 3 })
  })

  test.each<[RuleDocumentKind, unknown, string]>([
    ['contact-policy', { zone: 'Mars' }, 'unknown_zone'],
    ['arbitration', { margin: -1 }, 'out_of_range'],
    ['contact-policy', tooLarge(), 'rule_book_too_large'],
  ])('refuses what is wrong in %s, and changes nothing: %#', async (kind, document, code) => {
    const before = await inForce(db())
    await expect(publish(document, { kind })).rejects.toMatchObject({
      code: 'unacceptable',
      findings: expect.arrayContaining([expect.objectContaining({ code })]),
    })
    expect(await inForce(db())).toEqual(before)
    expect(await listRuleVersions(db(), kind, { limit: 9 })).toEqual([])
  })

  test('writes down who published what', async () => {
    const { hash } = await publish(policy(1))
    const created = await publish(policy(2), { note: 'why' })
    const commands = await db().selectFrom('commands').selectAll().orderBy('command_id').execute()
    expect(commands.at(-1)).toMatchObject({
      key_id: 'key-1',
      action: 'contact-policy.publish',
      target: 'contact-policy',
      before: { version: 1, hash },
      after: { version: 2, hash: created.hash, note: 'why' },
    })
  })
})

function tooLarge(): ContactPolicy {
  const groups = Array.from({ length: 100 }, (_, index) => ({
    name: `group-${index}`,
    when: `customer.traits.plan == '${'x'.repeat(400)}${index}'`,
  }))
  return { groups }
}

async function inForce(db: Kysely<Database>): Promise<RuleBook> {
  const { hash } = await getRuleBookInForce(db)
  return getRuleBook(db, hash)
}
