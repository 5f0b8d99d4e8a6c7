import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { findRunningServer } from '../../dev/running-server.ts'
import type { Step } from '../../domain/journeys/step.ts'
import { connectTemporal } from '../../platform/temporal.ts'
import { journey, mail } from '../support/journeys.ts'
import { npmStart, processesLeftWith, type StartedServer } from '../support/npm-start.ts'
import { eventually, startTestRumbo } from '../support/rumbo.ts'
import { TestCustomer, type CustomerAnswer, type TimelineLine } from '../support/test-customer.ts'

const KEY = 'a-key-for-this-test-only'
const CUSTOMERS = 30
const users = Array.from({ length: CUSTOMERS }, (_none, n) => `user-${n}`)

interface Migration {
  readonly migrationId: string
  readonly status: string
  readonly people: Readonly<Record<string, number>>
}
interface Version {
  readonly headCount: {
    readonly total: number
    readonly steps: Readonly<Record<string, { readonly active: number }>>
  }
}

let folder: string
let servers: StartedServer[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-migration-'))
  servers = []
})
afterEach(async () => {
  for (const { npm } of servers) npm.kill('SIGTERM')
  await Promise.all(servers.map(({ ended }) => ended))
  await processesLeftWith(folder, 15_000)
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<StartedServer> {
  const server = npmStart({ RUMBO_DATA: folder, RUMBO_API_KEY: KEY })
  servers.push(server)
  await server.up()
  return server
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${findRunningServer(folder)?.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

/** As the kernel does when memory runs out: npm and all that it runs, without a word. */
async function kill({ npm, ended }: StartedServer): Promise<void> {
  process.kill(-Number(npm.pid), 'SIGKILL')
  await ended
}

const welcome = (duration: string) => {
  const rest: Step = { type: 'wait', for: duration, next: 'bye' }
  return journey('welcome', {
    class: 'service',
    steps: {
      hello: { type: 'message', message: 'hello', next: 'rest' },
      rest,
      bye: { type: 'message', message: 'bye', next: 'done' },
      done: { type: 'exit' },
    },
    messages: { hello: mail('Welcome'), bye: mail('Bye') },
  })
}

const PATH = '/v1/journeys/welcome/migrations'
const find = (id: string): Promise<Migration> => call('GET', `${PATH}/${id}`)
const until = (id: string, what: string, is: (migration: Migration) => boolean) =>
  eventually(what, async () => {
    const migration = await find(id)
    return is(migration) && migration
  })
const page = (user: string): Promise<CustomerAnswer> => call('GET', `/v1/customers/${user}`)

/** People in both versions: as SQL counts them, and as the engine does once its index is quiet. */
async function expectHeads(inOld: number, inNew: number): Promise<void> {
  const heads = await Promise.all(
    [1, 2].map((n) => call<Version>('GET', `/v1/journeys/welcome/versions/${n}`)),
  )
  expect(heads.map(({ headCount }) => headCount.total)).toEqual([inOld, inNew])
  const address = findRunningServer(folder)?.temporalAddress ?? ''
  const client = connectTemporal({ address, namespace: 'default' })
  try {
    await expect
      .poll(
        () =>
          Promise.all(
            [1, 2].map(async (n) => {
              const running = `ExecutionStatus = 'Running' and JourneyVersion = 'welcome@${n}'`
              return (await client.workflow.count(running)).count
            }),
          ),
        { timeout: 20_000 },
      )
      .toEqual([inOld, inNew])
  } finally {
    await client.connection.close()
  }
}

describe('row 16: new version published with people inside', () => {
  test(
    'moved as planned, a canary first, with everything killed in the middle; undone; heads agree throughout',
    { timeout: 240_000 },
    async () => {
      const first = await start()
      await call('POST', '/v1/journeys/welcome/versions', welcome('P14D'))
      await Promise.all(
        users.map(async (userId) => {
          await call('POST', '/v1/identify', { userId, traits: { email: `${userId}@example.com` } })
          await call('POST', '/v1/track', { userId, event: 'Signed Up' })
        }),
      )
      await eventually('everybody rests in version 1', async () => {
        const { headCount } = await call<Version>('GET', '/v1/journeys/welcome/versions/1')
        return headCount.steps['rest']?.active === CUSTOMERS
      })
      const before = await Promise.all(users.map(page))
      await call('POST', '/v1/journeys/welcome/versions', welcome('P20D'))
      await expectHeads(CUSTOMERS, 0)

      const plan = { from: 1, to: 2, steps: { rest: 'rest' }, canary: 0.3, perSecond: 4 }
      const preview = await call<{ ok: boolean; people: number; inCanary: number }>('POST', PATH, {
        ...plan,
        dryRun: true,
      })
      expect(preview).toMatchObject({ ok: true, people: CUSTOMERS })
      const { inCanary } = preview
      expect(inCanary).toBeGreaterThan(0)
      expect(inCanary).toBeLessThan(CUSTOMERS)

      const { migrationId: id } = await call<Migration>('POST', PATH, plan)
      await until(id, 'the canary is out', ({ status }) => status === 'paused')
      expect((await find(id)).people).toEqual({ moved: inCanary, waiting: CUSTOMERS - inCanary })
      await expectHeads(CUSTOMERS - inCanary, inCanary)

      await call('POST', `${PATH}/${id}/resume`, { canary: 1 })
      await until(id, 'some of the rest are asked', ({ people }) => (people['waiting'] ?? 0) < 18)
      await kill(first)
      const second = await start()
      expect((await find(id)).status).toBe('running')
      await until(id, 'it is done', ({ status }) => status === 'done')
      expect((await find(id)).people).toEqual({ moved: CUSTOMERS })
      await expectHeads(0, CUSTOMERS)

      const moved = await Promise.all(users.map(page))
      const days = (from: CustomerAnswer | undefined): number =>
        Date.parse(from?.runs[0]?.wakeAt ?? '') / 86_400_000
      users.forEach((user, n) => {
        expect(moved[n]?.runs, user).toMatchObject([
          { version: 2, step: 'rest', status: 'waiting' },
        ])
        expect(days(moved[n]) - days(before[n]), user).toBeCloseTo(6, 6)
      })

      await call('POST', `${PATH}/${id}/undo`)
      await until(id, 'some are recalled', ({ people }) => (people['undone'] ?? 0) > 4)
      await kill(second)
      await start()
      await until(id, 'it is undone', ({ status }) => status === 'undone')
      expect((await find(id)).people).toEqual({ undone: CUSTOMERS })
      await expectHeads(CUSTOMERS, 0)
      expect((await Promise.all(users.map(page))).map(({ runs }) => runs)).toEqual(
        before.map(({ runs }) => runs),
      )

      const { data: lines } = await call<{ data: TimelineLine[] }>(
        'GET',
        '/v1/customers/user-0/timeline',
      )
      expect(lines.map(({ summary }) => summary)).toEqual(
        expect.arrayContaining([
          `moved welcome@1 · rest → welcome@2 · rest (migration ${id})`,
          `moved back welcome@2 · rest → welcome@1 · rest (migration ${id})`,
        ]),
      )
      expect(lines.filter(({ summary }) => summary.startsWith('moved'))).toHaveLength(2)
      const { data: mails } = await call<{ data: { message: string; status: string }[] }>(
        'GET',
        '/v1/deliveries?limit=200',
      )
      expect(mails.map(({ message, status }) => `${message} ${status}`)).toEqual(
        users.map(() => 'hello sent'),
      )
    },
  )

  test('a test customer goes along on a clock of their own, and leaves at the right instant', async () => {
    const rumbo = await startTestRumbo(await connectEmbedded())
    try {
      await rumbo.publish(welcome('P14D'))
      const [early, late] = [await TestCustomer.create(rumbo), await TestCustomer.create(rumbo)]
      await early.track('Signed Up')
      await late.track('Signed Up')
      await early.forward('P2D')
      await late.forward('P8D')
      await rumbo.publish(welcome('P5D'))
      const { status, body } = await rumbo.call('POST', PATH, {
        from: 1,
        to: 2,
        steps: { rest: 'rest' },
      })
      expect([status, body['testCustomers']]).toEqual([201, 2])
      const migrationId = body['migrationId'] as string
      await eventually('both have answered', async () => {
        const { body: migration } = await rumbo.call('GET', `${PATH}/${migrationId}`)
        return migration['status'] === 'done'
      })
      await late.settle()
      expect(await late.mails()).toEqual(['Welcome', 'Bye'])

      await early.forward('P2DT23H')
      expect(await early.runs()).toEqual(['welcome@2:rest waiting'])
      expect(await early.mails()).toEqual(['Welcome'])
      await early.forward('PT2H')
      expect(await early.mails()).toEqual(['Welcome', 'Bye'])
      expect(await early.story()).toEqual([
        'entered welcome@1 on Signed Up',
        `moved welcome@1 · rest → welcome@2 · rest (migration ${migrationId})`,
        'left welcome@2: completed',
      ])
    } finally {
      await rumbo.stop()
    }
  })
})
