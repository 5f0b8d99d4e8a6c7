import type { Kysely } from 'kysely'
import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { getBookInForce } from '../db/rule-book-in-force.ts'
import type { Database } from '../db/schema.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'
import { createEventAcceptor } from './accept-events.ts'
import { countAudience } from './count-audience.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import { publishAudience } from './publish-audience.ts'
import { publishJourney } from './publish-journey.ts'
import { createPublishedRules } from './published-rules.ts'
import { publishRules } from './publish-rules.ts'
import { rulesInPlay } from './rules-in-play.ts'

const NOW_MS = Date.UTC(2026, 10, 28, 12)

describeOnEachDatabase('published facts', (db) => {
  const publish = (formulas: Record<string, string>) =>
    publishRules(
      { db: db(), now: () => NOW_MS, onRollout: () => {} },
      {
        kind: 'fact-rules',
        document: {
          facts: Object.fromEntries(
            Object.entries(formulas).map(([name, formula]) => [name, { formula, source: 'here' }]),
          ),
        },
        note: null,
        keyId: null,
      },
    )
  const publishAsking = (when: string) =>
    publishJourney(
      { db: db(), nowMs: () => NOW_MS },
      {
        keyId: null,
        definition: journey('asks', { entry: { on: [{ event: 'Asked' }], when } }),
        note: null,
      },
    )
  const publishDelayed = (when: string) =>
    publishAudience(
      { db: db(), now: () => NOW_MS },
      { key: 'delayed', keyId: null, document: { key: 'delayed', when }, note: null },
    )
  const refused = (message: string) => ({
    code: 'unacceptable',
    findings: [{ code: 'unknown_fact', message: expect.stringContaining(message) }],
  })

  beforeAll(() => ensureRuleBook({ db: db() }))
  beforeEach(async () => {
    for (const table of [
      'rule_documents',
      'journey_versions',
      'journeys',
      'audience_versions',
      'audiences',
    ] as const)
      await db().deleteFrom(table).execute()
  })

  test('are there without a publication, and reach the book once a journey names one', async () => {
    expect((await bookOf(db())).facts).toBeUndefined()
    await publishAsking("fact('cancellation_risk') >= 0.5")
    const { facts, events, traits } = await bookOf(db())
    expect(Object.keys(facts ?? {}).toSorted()).toEqual(['cancellation_risk', 'nps'])
    expect(events['Complaint Opened']).toMatchObject({ counted: true })
    expect(traits).toHaveProperty('nps')
  })

  test('take the place of the standard ones, with the next batch of everybody', async () => {
    await publish({ score: "count('Looked')", other: "count('Never')" })
    await publishAsking("fact('score') > 1")
    const before = await bookOf(db())
    await publish({ score: "count('Bought') * 2" })
    const after = await bookOf(db())
    expect(after.facts).toEqual({ score: "count('Bought') * 2" })
    expect(after.hash).not.toBe(before.hash)
    expect(after.events).toHaveProperty('Bought')
    expect(after.events).not.toHaveProperty('Looked')
  })

  test('change no book while nobody asks for what changed', async () => {
    await publish({ score: "count('Looked')" })
    await publishAsking("fact('score') > 1")
    const before = await bookOf(db())
    await publish({ score: "count('Looked')", more: "count('Never')" })
    expect(await bookOf(db())).toEqual(before)
  })

  test('cannot be taken away from a journey', async () => {
    await publish({ score: "count('Looked')" })
    await publishAsking("fact('score') > 1")
    const before = await bookOf(db())
    await expect(publish({ scores: '1' })).rejects.toMatchObject(
      refused('The journey "asks" asks for the fact "score"'),
    )
    expect(await bookOf(db())).toEqual(before)
  })

  test('cannot be taken away from an audience', async () => {
    await publish({ score: "count('Looked')" })
    await publishDelayed("fact('score') > 1")
    await expect(publish({ scores: '1' })).rejects.toMatchObject(
      refused('The audience "delayed" asks for the fact "score"'),
    )
  })

  test('must be there for a journey and an audience to be published', async () => {
    await publish({ score: '1' })
    await expect(publishAsking("fact('scor') > 1")).rejects.toMatchObject(
      refused('do you mean "score"?'),
    )
    await expect(publishDelayed("fact('scor') > 1")).rejects.toMatchObject(
      refused('do you mean "score"?'),
    )
  })

  test('are all at hand for a draft that is played', async () => {
    await publish({ score: '1' })
    expect((await rulesInPlay({ db: db() }, {})).rules.facts).toEqual({ score: '1' })
  })

  test('say who belongs to an audience', async () => {
    const rules = createPublishedRules()
    const { accept } = createEventAcceptor({
      db: db(),
      rules,
      now: () => NOW_MS,
      onPending: () => {},
    })
    const userId = randomUUID()
    const base = { type: 'track', userId, historical: false, context: {} } as const
    await accept(
      [1, 2].map(() => ({
        ...base,
        messageId: randomUUID(),
        event: 'Leaflet Read',
        properties: {},
      })),
    )
    await accept([
      { ...base, type: 'identify', messageId: randomUUID(), traits: { email: 'a@mailinator.com' } },
    ])
    await publish({ reads: "count('Leaflet Read')", near: "fact('reads') * 10" })
    const matching = async (when: string) =>
      (await countAudience(db(), { when, nowMs: NOW_MS + 1_000 })).matching
    expect(await matching("fact('near') == 20")).toBe(1)
    expect(await matching("fact('near') > 20")).toBe(0)
    // An address that is given away for minutes leads nowhere, though it is there.
    expect(await matching("fact('near') == 20 && has('email')")).toBe(1)
    expect(await matching("fact('near') == 20 && reachable('email')")).toBe(0)
  })
})

const bookOf = (db: Kysely<Database>) => getBookInForce(db)
