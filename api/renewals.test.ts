import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey, mail } from '../test/support/journeys.ts'
import { insertRun, MigrationByHand } from '../test/support/migration.ts'

interface Published {
  readonly kind: string
  readonly key: string
  readonly toHash: string
  readonly migrationId: string | null
}
/** What the fields that tests read are; not every answer has each. */
interface Answer {
  readonly id: string
  readonly hash: string
  readonly version: number
  readonly detail: string
  readonly published: readonly Published[]
  readonly restored: readonly Published[]
  readonly changes: readonly object[]
  readonly data: readonly { readonly id: string }[]
}

const CALM = { channels: ['email'], do: { replace: 'calm' } }
const AROMA = { find: 'Aroma', replace: 'Aura' }

describeOnEachDatabase('renewals over HTTP', (db) => {
  let api: TestApi
  let engine: MigrationByHand
  const woken: string[] = []
  beforeAll(async () => {
    api = await createTestApi(db(), { onMigration: (id) => void woken.push(id) })
    engine = new MigrationByHand(db())
  })
  beforeEach(async () => {
    woken.length = 0
    for (const table of [
      'renewals',
      'migration_runs',
      'migrations',
      'events',
      'deliveries',
      'runs',
      'journey_versions',
      'journeys',
      'library_message_versions',
      'library_messages',
      'rule_documents',
      'customers',
    ] as const)
      await db().deleteFrom(table).execute()
    // Three that mention it: one by the library, one itself, one both ways; and one that does not.
    await ok('PUT /v1/messages/hello', {
      key: 'hello',
      title: 'Greeting',
      ...mail('Aroma says hello'),
    })
    await ok('PUT /v1/messages/tea', { key: 'tea', ...mail('Tea') })
    await publish('sharing', { hello: { use: 'hello' }, bye: { use: 'tea' } })
    await publish('writing', { hello: mail('Aroma'), bye: mail('bye') })
    await publish('both', { hello: { use: 'hello' }, bye: mail('Aroma, bye') })
    await publish('neither', { hello: { use: 'tea' }, bye: mail('Aromatic') })
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as Answer }
  }
  const ok = async (call: string, body?: unknown): Promise<Answer> => {
    const answer = await ask(call, body)
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
    return answer.body
  }
  const publish = (key: string, messages: object, query = '') =>
    ok(`POST /v1/journeys/${key}/versions${query}`, { ...journey(key), messages })
  const live = async (key: string) => {
    const rows = await db()
      .selectFrom('journey_versions')
      .select(['version', 'hash', 'definition'])
      .where('key', '=', key)
      .where('status', '=', 'live')
      .execute()
    return rows[0]
  }
  const versions = async () => [
    (await live('sharing'))?.version,
    (await live('writing'))?.version,
    (await live('both'))?.version,
    (await live('neither'))?.version,
    (await ok('GET /v1/messages/hello')).version,
  ]
  const hashes = async () => [
    (await live('sharing'))?.hash,
    (await live('writing'))?.hash,
    (await live('both'))?.hash,
    (await ok('GET /v1/messages/hello')).hash,
  ]
  const runOf = (runId: string) =>
    db()
      .selectFrom('runs')
      .select(['version', 'step'])
      .where('run_id', '=', runId)
      .executeTakeFirstOrThrow()

  test('a dry run lists all that mentions a text, and changes nothing', async () => {
    const plan = await ok('POST /v1/renewals', { ...AROMA, dryRun: true })
    const place = (path: string, before: string, after: string) => ({
      path,
      times: 1,
      before,
      after,
    })
    expect(plan).toMatchObject({
      ok: true,
      findings: [],
      changes: [
        {
          kind: 'message',
          key: 'hello',
          version: 1,
          mentions: [
            place('/email/html', '<p>Aroma says hello</p>', '<p>Aura says hello</p>'),
            place('/email/subject', 'Aroma says hello', 'Aura says hello'),
          ],
        },
        {
          kind: 'journey',
          key: 'both',
          mentions: [
            place('/messages/bye/email/html', '<p>Aroma, bye</p>', '<p>Aura, bye</p>'),
            { path: '/messages/bye/email/subject' },
          ],
          takes: ['hello'],
        },
        { kind: 'journey', key: 'sharing', mentions: [], takes: ['hello'] },
        { kind: 'journey', key: 'writing', takes: [] },
      ],
    })
    expect(await versions()).toEqual([1, 1, 1, 1, 1])
    expect((await ok('GET /v1/renewals')).data).toEqual([])
  })

  test('publishes all of it at once, and undo gives back the very same hashes', async () => {
    await ok('PUT /v1/messages/hello', {
      key: 'hello',
      title: 'Hi there',
      ...mail('Aroma says hello'),
    })
    const before = await hashes()
    const renewal = await ok('POST /v1/renewals', { ...AROMA, note: 'a new name' })
    expect(renewal).toMatchObject({
      ...AROMA,
      note: 'a new name',
      undoneAt: null,
      published: [
        { kind: 'message', key: 'hello', from: 1, to: 2 },
        { kind: 'journey', key: 'both', from: 1, to: 2, migrationId: null },
        { kind: 'journey', key: 'sharing', from: 1, to: 2, migrationId: null },
        { kind: 'journey', key: 'writing', from: 1, to: 2, migrationId: null },
      ],
    })
    expect(await versions()).toEqual([2, 2, 2, 1, 2])
    const { hash } = await ok('GET /v1/messages/hello')
    expect(await ok('GET /v1/messages/hello')).toMatchObject({ title: 'Hi there' })
    expect((await live('both'))?.definition.messages).toEqual({
      hello: { use: 'hello', hash, ...mail('Aura says hello') },
      bye: mail('Aura, bye'),
    })

    const undone = await ok(`POST /v1/renewals/${renewal.id}/undo`)
    expect(await hashes()).toEqual(before)
    expect(undone.restored.map(({ toHash }) => toHash)).toHaveLength(4)
    expect(await versions()).toEqual([3, 3, 3, 1, 3])
    const [listed] = (await ok('GET /v1/renewals')).data
    expect(listed).toMatchObject({ id: renewal.id, undoneAt: expect.any(String) as string })
    expect(await ask(`POST /v1/renewals/${renewal.id}/undo`)).toMatchObject({ status: 409 })
    expect(await ask('POST /v1/renewals/nobody/undo')).toMatchObject({ status: 404 })
  })

  test('reaches messages of the contact policy and what webhook steps send, and undo gives them back', async () => {
    const policy = {
      matrix: [CALM],
      messages: { calm: mail('Aroma rests') },
    }
    await ok('PUT /v1/contact-policy', policy)
    const tell = { type: 'webhook', url: 'https://aroma.example/', body: { about: 'Aroma' } }
    await ok('POST /v1/journeys/telling/versions', {
      ...journey('telling', { start: 'tell', messages: {} }),
      steps: { tell: { ...tell, next: 'done' }, done: { type: 'exit' } },
    })
    const inForce = async () => {
      const { book } = await db()
        .selectFrom('rule_book as now')
        .innerJoin('rule_books as b', 'b.hash', 'now.hash')
        .select('b.book')
        .executeTakeFirstOrThrow()
      return {
        published: await ok('GET /v1/contact-policy'),
        version: book.contact?.version,
      }
    }
    const before = await inForce()
    const told = (await live('telling'))?.hash

    const { changes } = await ok('POST /v1/renewals', { ...AROMA, dryRun: true })
    expect(changes).toContainEqual({
      kind: 'contact-policy',
      key: 'contact-policy',
      version: 1,
      takes: [],
      mentions: [
        expect.objectContaining({ before: 'Aroma rests', after: 'Aura rests' }),
        expect.objectContaining({ path: '/messages/calm/email/html', times: 1 }),
      ],
    })
    expect(changes).toContainEqual(
      expect.objectContaining({
        key: 'telling',
        mentions: [{ path: '/steps/tell/body/about', times: 1, before: 'Aroma', after: 'Aura' }],
      }),
    )
    expect(await inForce()).toEqual(before)

    const { id, published } = await ok('POST /v1/renewals', AROMA)
    expect(published).toContainEqual(
      expect.objectContaining({ kind: 'contact-policy', from: 1, to: 2, migrationId: null }),
    )
    const renewed = await inForce()
    expect(renewed.published).toMatchObject({
      version: 2,
      document: { ...policy, messages: { calm: mail('Aura rests') } },
    })
    expect(renewed.version).toBe(2)
    expect((await live('telling'))?.definition.steps['tell']).toMatchObject({
      url: 'https://aroma.example/',
      body: { about: 'Aura' },
    })

    await ok(`POST /v1/renewals/${id}/undo`)
    const undone = await inForce()
    expect(undone.published).toMatchObject({
      version: 3,
      hash: before.published.hash,
      document: policy,
    })
    expect(undone.version).toBe(3)
    expect((await live('telling'))?.hash).toBe(told)
  })

  test('an undo is refused where the contact policy was published since', async () => {
    const policy = (subject: string) => ({
      matrix: [CALM],
      messages: { calm: mail(subject) },
    })
    await ok('PUT /v1/contact-policy', policy('Aroma'))
    const { id } = await ok('POST /v1/renewals', AROMA)
    await ok('PUT /v1/contact-policy', policy('Hush'))
    expect(await ask(`POST /v1/renewals/${id}/undo`)).toMatchObject({
      status: 409,
      body: {
        detail: expect.stringContaining('the contact policy version 3 was published') as string,
      },
    })
  })

  test('takes the people inside along, and brings everybody back on undo', async () => {
    const resting = await insertRun(db(), { journey: 'writing', got: ['hello'] })
    const leaving = await insertRun(db(), { journey: 'sharing', step: 'bye', status: 'active' })
    const renewal = await ok('POST /v1/renewals', AROMA)
    const moving = renewal.published.flatMap(({ migrationId }) => migrationId ?? [])
    expect(woken).toEqual(moving)
    expect(moving).toHaveLength(2)
    for (const id of moving) await engine.run(id, () => 'moved')
    expect(await runOf(resting)).toEqual({ version: 2, step: 'rest' })
    expect(await runOf(leaving)).toEqual({ version: 2, step: 'bye' })

    const { restored } = await ok(`POST /v1/renewals/${renewal.id}/undo`)
    const returning = restored.flatMap(({ migrationId }) => migrationId ?? [])
    for (const id of returning) await engine.run(id, () => 'moved')
    expect(await runOf(resting)).toEqual({ version: 3, step: 'rest' })
    expect(await runOf(leaving)).toEqual({ version: 3, step: 'bye' })
  })

  test('an undo in the middle asks nobody else, brings back whom it asked, and takes the rest along', async () => {
    const slow = await insertRun(db(), { journey: 'writing' })
    const renewal = await ok('POST /v1/renewals', AROMA)
    const first = renewal.published.flatMap(({ migrationId }) => migrationId ?? [])[0] ?? ''
    // Entered, then asked; the answer has not come.
    await engine.round(first)
    await engine.round(first)
    const late = await insertRun(db(), { journey: 'writing', version: 2 })
    const { restored } = await ok(`POST /v1/renewals/${renewal.id}/undo`)
    const second = restored.flatMap(({ migrationId }) => migrationId ?? [])[0] ?? ''
    expect(woken).toEqual([first, first, second])
    await engine.run(first, ({ to }) => (to === undefined ? 'undone' : 'moved'))
    await engine.run(second, () => 'moved')
    expect(await runOf(slow)).toMatchObject({ version: 1 })
    expect(await runOf(late)).toMatchObject({ version: 3 })
    expect(await ok(`GET /v1/journeys/writing/migrations/${first}`)).toMatchObject({
      status: 'undone',
    })
    expect(await ok(`GET /v1/journeys/writing/migrations/${second}`)).toMatchObject({
      status: 'done',
    })
  })

  test.each([
    [
      'a journey was',
      () => publish('writing', { hello: mail('Aura!'), bye: mail('bye') }),
      /journey "writing" version 3 was published/,
    ],
    [
      'a message was',
      () => ok('PUT /v1/messages/hello', { key: 'hello', ...mail('Hi') }),
      /message "hello" version 3 was published/,
    ],
    [
      'a journey was closed',
      () => ok('POST /v1/journeys/both/versions/2/close'),
      /journey "both" version 2 is closed/,
    ],
  ])('an undo is refused where %s published since, and says what', async (_, happens, detail) => {
    const { id } = await ok('POST /v1/renewals', AROMA)
    await happens()
    const before = await versions()
    const refused = await ask(`POST /v1/renewals/${id}/undo`)
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(detail) as string },
    })
    expect(await versions()).toEqual(before)
  })

  test('publishes nothing where one draft is at fault, and says all that is', async () => {
    const faulty = { find: 'Aroma', replace: '{{ brand }}' }
    const findings = [
      { code: 'unknown_name', path: '/messages/hello/email/subject' },
      { code: 'unknown_name', path: '/messages/hello/email/html' },
      { code: 'unknown_name', path: '/journeys/both/messages/bye/email/subject' },
      { code: 'unknown_name', path: '/journeys/both/messages/bye/email/html' },
    ]
    expect(await ok('POST /v1/renewals', { ...faulty, dryRun: true })).toMatchObject({
      ok: false,
      findings: expect.arrayContaining(
        findings.map((each) => expect.objectContaining(each) as object),
      ) as object[],
    })
    const { status, body } = await ask('POST /v1/renewals', faulty)
    expect({ status, body }).toMatchObject({ status: 422 })
    expect(await versions()).toEqual([1, 1, 1, 1, 1])
    expect(await ask('POST /v1/renewals', { find: 'Nobody', replace: 'x' })).toMatchObject({
      status: 422,
    })
  })

  test('publishes nothing while the people of one journey are being moved', async () => {
    await insertRun(db(), { journey: 'writing' })
    await ok('POST /v1/renewals', AROMA)
    expect(await ask('POST /v1/renewals', { find: 'Aura', replace: 'Aroma' })).toMatchObject({
      status: 409,
    })
    expect(await versions()).toEqual([2, 2, 2, 1, 2])
  })

  test('leaves versions alone that take no entries', async () => {
    await ok('POST /v1/journeys/writing/versions/1/stop')
    await ok('POST /v1/journeys/both/versions/1/close')
    const { published } = await ok('POST /v1/renewals', AROMA)
    expect(published.map(({ key }) => key)).toEqual(['hello', 'sharing'])
  })
})
