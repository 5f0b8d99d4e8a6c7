import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'

const NOW_MS = Date.parse('2026-02-04T12:00:00Z')
const HELLO = {
  key: 'hello',
  title: 'Greeting',
  email: { subject: 'Hello {{ customer.traits.first_name }}', html: '<p>Welcome</p>' },
  locales: { es: { email: { subject: 'Hola', html: '<p>Bienvenida</p>' } } },
}
const { key: _key, title: _title, ...SAID } = HELLO

describeOnEachDatabase('messages over HTTP', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => NOW_MS })
  })
  beforeEach(async () => {
    for (const table of [
      'journey_versions',
      'journeys',
      'library_message_versions',
      'library_messages',
      'customers',
    ] as const)
      await db().deleteFrom(table).execute()
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const put = (document: object) => ask('PUT /v1/messages/hello', document)

  test('are published in versions that do not change, and found again', async () => {
    const first = await ask('PUT /v1/messages/hello?note=for+March', HELLO)
    expect(first).toMatchObject({
      status: 201,
      body: { version: 1, note: 'for March', document: HELLO },
    })
    expect(await put(HELLO)).toMatchObject({ status: 200 })
    expect(await put({ ...HELLO, title: 'Hi' })).toMatchObject({
      status: 200,
      body: { version: 1, title: 'Hi' },
    })
    const other = { ...HELLO, email: { subject: 'Hi', html: '<p>Hi</p>' } }
    expect(await ask('PUT /v1/messages/hello?base=1', other)).toMatchObject({
      status: 201,
      body: { version: 2 },
    })
    expect(await ask('PUT /v1/messages/hello?base=1', HELLO)).toMatchObject({
      status: 409,
      body: { version: 2 },
    })
    await ask('PUT /v1/messages/bye', { key: 'bye', sms: { text: 'Bye' } })
    expect((await ask('GET /v1/messages')).body['data']).toMatchObject([
      { key: 'bye', version: 1, title: 'bye' },
      { key: 'hello', version: 2, document: other },
    ])
    expect((await ask('GET /v1/messages/hello')).body).toMatchObject({ version: 2 })
    expect((await ask('GET /v1/messages/nobody')).status).toBe(404)
    const { body } = await ask('GET /v1/messages/hello/versions?limit=1')
    expect(body['data']).toMatchObject([{ version: 2 }])
    const cursor = encodeURIComponent(String(body['nextCursor']))
    const rest = await ask(`GET /v1/messages/hello/versions?cursor=${cursor}`)
    expect(rest.body['data']).toMatchObject([{ version: 1, hash: first.body['hash'] }])
  })

  test('all that is wrong with one is said at once, and nothing is stored', async () => {
    const faulty = { key: 'hello', email: { subject: '{{ who }}', html: '{{' }, colour: 'red' }
    const codes = ['unknown_field', 'unknown_name', 'bad_template']
    const findings = codes.map((code) => ({ code }))
    expect(await ask('POST /v1/messages/check', faulty)).toMatchObject({
      status: 200,
      body: { ok: false, findings },
    })
    expect(await put(faulty)).toMatchObject({ status: 422, body: { findings } })
    expect(await ask('PUT /v1/messages/other', HELLO)).toMatchObject({
      status: 422,
      body: { findings: [{ code: 'key_mismatch' }] },
    })
    expect(await ask('POST /v1/messages/check', HELLO)).toMatchObject({ body: { ok: true } })
    expect((await ask('GET /v1/messages')).body['data']).toEqual([])
  })

  const WELCOME = {
    ...journey('welcome'),
    messages: { hello: { use: 'hello' }, bye: { use: 'hello' } },
  }
  const publish = (definition: object = WELCOME) =>
    ask('POST /v1/journeys/welcome/versions', definition)

  test('a journey takes the version of its message, which is part of its hash', async () => {
    const unknown = {
      findings: [
        { code: 'unknown_library_message', path: '/messages/hello/use' },
        { code: 'unknown_library_message', path: '/messages/bye/use' },
      ],
    }
    expect(await publish()).toMatchObject({ status: 422, body: unknown })
    expect(await ask('POST /v1/journeys/check', WELCOME)).toMatchObject({
      body: { ok: false, ...unknown },
    })

    const first = (await put(HELLO)).body['hash']
    const published = await publish()
    expect(published).toMatchObject({ status: 201, body: { version: 1 } })
    expect(await ask('POST /v1/journeys/check', WELCOME)).toMatchObject({
      body: { ok: true, effects: { channels: ['email'] } },
    })
    const { body } = await ask('GET /v1/journeys/welcome/versions/1')
    const hello = { use: 'hello', hash: first, ...SAID }
    expect(body).toMatchObject({ definition: { messages: { hello, bye: hello } } })
    expect(await publish(body['definition'] as object)).toMatchObject({ status: 200 })
    expect(await publish()).toMatchObject({ status: 200, body: { version: 1 } })

    const other = (await put({ key: 'hello', email: { subject: 'Hi', html: '<p>Hi</p>' } })).body
    expect(await publish(body['definition'] as object)).toMatchObject({ status: 200 })
    expect(await publish()).toMatchObject({ status: 201, body: { version: 2 } })
    const named = (hash: unknown) => ({
      ...WELCOME,
      messages: { hello: { use: 'hello', hash }, bye: { use: 'hello' } },
    })
    expect(await publish(named(other['hash']))).toMatchObject({ status: 200 })
    expect(await publish(named('0'.repeat(64)))).toMatchObject({
      status: 422,
      body: { findings: [{ code: 'unknown_library_message', path: '/messages/hello/hash' }] },
    })
    expect(await ask('POST /v1/journeys/welcome/rollback', { to: 1 })).toMatchObject({
      status: 201,
      body: { version: 3, hash: published.body['hash'] },
    })
  })

  test.each([
    [
      'says something else than the library',
      { hello: { use: 'hello', sms: { text: 'Hi' } }, bye: { use: 'hello' } },
      [{ code: 'not_as_in_library', path: '/messages/hello' }],
    ],
    [
      'names a hash of nothing',
      { hello: { hash: '0'.repeat(64), sms: { text: 'Hi' } }, bye: { use: 'hello' } },
      [{ code: 'hash_without_use', path: '/messages/hello/hash' }],
    ],
  ])('a journey that %s is refused', async (_, messages, findings) => {
    await put(HELLO)
    expect(await publish({ ...WELCOME, messages })).toMatchObject({
      status: 422,
      body: { findings },
    })
  })

  test('a step hears that its message has nothing for its channel, once it is looked up', async () => {
    await put(HELLO)
    const { steps } = WELCOME
    const onSms = { ...steps, hello: { ...steps['hello'], channels: ['sms'] } }
    const findings = [{ code: 'no_content', path: '/steps/hello/channels/0' }]
    expect(await publish({ ...WELCOME, steps: onSms })).toMatchObject({
      status: 422,
      body: { findings },
    })
    expect(await ask('POST /v1/journeys/check', { ...WELCOME, steps: onSms })).toMatchObject({
      body: { ok: false, findings },
    })
  })

  test('a draft that uses one is simulated with what it says, in the language of the customer', async () => {
    await put(HELLO)
    const { status, body } = await ask('POST /v1/journeys/simulate', {
      definitions: [{ ...WELCOME, class: 'service' }],
      alone: true,
      customer: { traits: { email: 'ana@shop.example', locale: 'es-MX' } },
      events: [{ at: '2026-02-04T12:00:00Z', event: 'Signed Up' }],
      until: '2026-02-05T12:00:00Z',
    })
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { deliveries: [{ content: { subject: 'Hola', text: 'Bienvenida' } }] },
    })
  })

  test('one is shown as a test customer would get it, in any language', async () => {
    await put({
      ...HELLO,
      sms: { text: "{{ counts['Order Completed'] }} {{ customer.traits.shoe_size }}" },
    })
    const traits = { email: 'ana@shop.example', first_name: 'Ana', locale: 'es' }
    for (const [id, isTest] of [
      ['t1', true],
      ['c1', false],
    ] as const)
      await db()
        .insertInto('customers')
        .values({
          customer_id: id,
          created_at: new Date(NOW_MS),
          test: isTest,
          traits: JSON.stringify(traits),
        })
        .execute()
    const email = (locale: string | null, content: object) => ({
      channel: 'email',
      locale,
      to: 'ana@shop.example',
      content,
      problems: [],
    })
    const sms = {
      channel: 'sms',
      locale: null,
      to: null,
      content: null,
      problems: [
        { path: '/text', line: 1, message: expect.stringContaining('shoe_size') as string },
      ],
    }
    const spanish = { subject: 'Hola', html: '<p>Bienvenida</p>', text: 'Bienvenida' }
    expect(
      await ask('POST /v1/messages/preview', { key: 'hello', customerId: 't1' }),
    ).toMatchObject({
      status: 200,
      body: { locale: 'es', channels: [email('es', spanish), sms] },
    })
    const english = { subject: 'Hello Ana', html: '<p>Welcome</p>', text: 'Welcome' }
    expect(
      await ask('POST /v1/messages/preview', { document: HELLO, traits, locale: 'de' }),
    ).toMatchObject({ body: { locale: 'de', channels: [email(null, english)] } })
    expect(
      await ask('POST /v1/messages/preview', { key: 'hello', customerId: 'c1' }),
    ).toMatchObject({
      status: 422,
    })
    expect(await ask('POST /v1/messages/preview', { key: 'hello', customerId: 'x' })).toMatchObject(
      {
        status: 404,
      },
    )
    expect(await ask('POST /v1/messages/preview', {})).toMatchObject({ status: 422 })
  })
})
