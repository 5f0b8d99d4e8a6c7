import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPublishedRules } from '../../operations/published-rules.ts'
import { createLog } from '../../platform/log.ts'
import { returnAddress } from '../../platform/return-address.ts'
import { describeOnEachDatabase } from '../../test/support/database.ts'
import { Deliveries } from '../../test/support/deliveries.ts'
import { startFeedbackServer, type FeedbackServer } from './start-feedback-server.ts'

const RETURNS = { secret: 'only for these tests', domain: 'bounces.shop.example' }
const ADA = '00a0b0c0-1111-4222-8333-4444deadbeef'
const MAILS = join(import.meta.dirname, '../../test/data/feedback')
const ADDRESS = returnAddress(`${ADA}.1.1.email`, RETURNS) ?? ''
/** Of a delivery that is not there. */
const OTHER = returnAddress(`${ADA}.9.9.email`, RETURNS) ?? ''
const FORGED = ADDRESS.replace(/\.(.)([^.]*)@/, (_, first: string, rest: string) => {
  return `.${first === '0' ? '1' : '0'}${rest}@`
})

describeOnEachDatabase('mail that comes back', (db) => {
  let server: FeedbackServer
  let isStoreAway = false
  const pending: string[] = []
  beforeEach(async () => {
    await new Deliveries(db()).beginWithOne(ADA)
    pending.length = 0
    isStoreAway = false
    const rules = createPublishedRules()
    server = await startFeedbackServer({
      db: db(),
      rules: {
        ...rules,
        lockBook: async (trx) => {
          if (isStoreAway) throw new Error('away')
          return rules.lockBook(trx)
        },
      },
      now: () => Date.parse('2026-03-02T10:00:00Z'),
      onPending: (ids) => void pending.push(...ids),
      log: createLog({ level: 'silent' }),
      returns: RETURNS,
      host: '127.0.0.1',
      port: 0,
    })
  })
  afterEach(() => server.stop())

  const send = async (to: string, raw: string | Buffer): Promise<number> => {
    const transport = createTransport({ host: '127.0.0.1', port: server.port, ignoreTLS: true })
    try {
      await transport.sendMail({ envelope: { from: '', to }, raw })
      return 250
    } catch (error) {
      return (error as { responseCode: number }).responseCode
    } finally {
      transport.close()
    }
  }
  const mail = (name: string) => readFileSync(join(MAILS, `${name}.eml`))
  const events = async () =>
    (
      await db()
        .selectFrom('events')
        .select(['name', 'properties'])
        .where('type', '=', 'track')
        .execute()
    ).map(({ name, properties }) => [name, properties['type'] ?? properties['feedback_type']])
  const blocked = () => db().selectFrom('blocked_addresses').select('address').execute()
  const counts = () => db().selectFrom('feedback_counts').select(['kind', 'verdict']).execute()

  test('a bounce has excluded the address when it is acknowledged, whatever address it names', async () => {
    expect(await send(ADDRESS, mail('apple-unknown-user'))).toBe(250)
    expect(await events()).toEqual([['Email Bounced', 'hard']])
    expect(await blocked()).toEqual([{ address: `${ADA}@example.com` }])
    expect(pending).toEqual([ADA])
  })

  test('the same in capitals, and once more', async () => {
    await send(ADDRESS.toUpperCase(), mail('apple-unknown-user'))
    await send(ADDRESS, mail('apple-unknown-user'))
    expect(await events()).toEqual([['Email Bounced', 'hard']])
  })

  test('a mailbox that is full excludes nothing', async () => {
    await send(ADDRESS, mail('sims-quota'))
    expect(await events()).toEqual([['Email Bounced', 'soft']])
    expect(await blocked()).toEqual([])
  })

  test('a complaint that came to the address of all is told by the mail that it quotes', async () => {
    const quoting = (address: string) =>
      mail('yahoo-complaint')
        .toString()
        .replace(
          /^(Content-Type: message\/rfc822[^]*?\r?\n\r?\n)/m,
          `$1X-Rumbo-Return: ${address}\n`,
        )
    expect(quoting(ADDRESS)).toContain(ADDRESS)
    expect(await send(`feedback@${RETURNS.domain}`, quoting(FORGED))).toBe(250)
    expect(await events()).toEqual([])
    expect(await send(`Feedback@${RETURNS.domain}`, quoting(ADDRESS))).toBe(250)
    expect(await events()).toEqual([['Email Marked as Spam', 'abuse']])
    expect(await blocked()).toHaveLength(1)
  })

  test.each([
    FORGED,
    'bounce+@bounces.shop.example',
    'ada@bounces.shop.example',
    'a@other.example',
  ])('nothing is taken for %s', async (to) => {
    expect(await send(to, mail('apple-unknown-user'))).toBe(550)
    expect(await events()).toEqual([])
    expect(await counts()).toEqual([{ kind: 'none', verdict: 'forged' }])
  })

  test.each([
    ['about a delivery that is not there', OTHER, 'apple-unknown-user', 'bounce', 'unknown'],
    ['that it is still being tried', ADDRESS, 'postfix-delayed', 'notice', 'nothing'],
    ['that is not understood', ADDRESS, 'yahoo-html-only', 'none', 'unread'],
  ])('word %s changes nothing', async (_, to, name, kind, verdict) => {
    expect(await send(to, mail(name))).toBe(250)
    expect(await events()).toEqual([])
    expect(await blocked()).toEqual([])
    expect(await counts()).toEqual([{ kind, verdict }])
  })

  test('is to come again while the store is away', async () => {
    isStoreAway = true
    expect(await send(ADDRESS, mail('apple-unknown-user'))).toBe(451)
    isStoreAway = false
    expect(await send(ADDRESS, mail('apple-unknown-user'))).toBe(250)
    expect(await events()).toHaveLength(1)
  })

  test('has an end', async () => {
    expect(await send(ADDRESS, `Subject: x\r\n\r\n${'x'.repeat(6_000_000)}`)).toBe(552)
    expect(await events()).toEqual([])
  })
})
