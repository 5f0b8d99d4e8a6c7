import type { Kysely, Updateable } from 'kysely'
import { createDeliveryActivities } from '../../activities/deliver-message.ts'
import { insertFirstRuleBook, lockRuleBook, upsertRuleBook } from '../../db/rule-books.ts'
import type { Database } from '../../db/schema.ts'
import type { DeliveryRequest } from '../../domain/actor/effects.ts'
import type { SendOutcome } from '../../domain/actor/inputs.ts'
import type { ContactPolicy, ContactRules } from '../../domain/contact/policy.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import { createLinkWriters } from '../../worker/link-writer.ts'
import { fakeChannels, FakeChannel } from './fake-channel.ts'
import { insertLive } from './live-journey.ts'
import { LINK_SECRET } from './link-secret.ts'
import { bookOf } from './rule-book.ts'

type DeliveryRow = Database['deliveries']

const START_MS = Date.parse('2026-03-02T09:00:00Z')

const JOURNEY: Journey = {
  key: 'welcome',
  class: 'marketing',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: 'Signed Up' }] },
  start: 'hello',
  steps: { hello: { type: 'message', message: 'hello', next: 'end' }, end: { type: 'exit' } },
  messages: {
    hello: {
      email: { subject: 'Hi', html: '<p>Hi</p>' },
      webhook: { url: 'http://127.0.0.1:1/hook', body: {} },
    },
    call: { needs: 'contact-centre', email: { subject: 'Call us', html: '<p>Call</p>' } },
  },
}

/** Sends of customers as the send activity judges them, over a database and channels that only remember. */
export class Deliveries {
  readonly db: Kysely<Database>
  readonly email = Object.assign(new FakeChannel('email', false), { senderDomain: 'shop.example' })
  readonly webhook = new FakeChannel('webhook', true)
  readonly channels = fakeChannels({ email: this.email, webhook: this.webhook })
  /** Real time, as far as the activity knows. */
  nowMs = START_MS
  readonly #deliver: ReturnType<typeof createDeliveryActivities>['deliverMessage']
  #policy: string | undefined

  constructor(db: Kysely<Database>) {
    this.db = db
    this.#deliver = createDeliveryActivities({
      db,
      channels: this.channels,
      outbox: { email: new FakeChannel('email', false) },
      ...createLinkWriters({
        secret: LINK_SECRET,
        publicUrl: 'https://rumbo.test',
        ownUrl: '',
      }),
      now: () => this.nowMs,
      heartbeat: () => {},
    }).deliverMessage
  }

  /**
   * Nothing but one message, which went to somebody; of another kind where `changes` say so, to two devices
   * where it is a notification.
   */
  async beginWithOne(customerId: string, changes: Updateable<DeliveryRow> = {}): Promise<void> {
    await this.clear()
    await this.publish()
    await this.enforce({})
    await this.addCustomer(customerId)
    await this.deliver(customerId)
    const { channel, to_address: to } = changes
    if (Object.keys(changes).length > 0)
      await this.db.updateTable('deliveries').set(changes).execute()
    const tokens = channel === 'push' && typeof to === 'string' ? to.split('\n') : []
    for (const token of tokens)
      await this.db
        .insertInto('devices')
        .values({ token, customer_id: customerId, last_seen_at: new Date(START_MS) })
        .execute()
  }

  /** The journey that everybody is in. */
  publish(): Promise<void> {
    return insertLive(this.db, JOURNEY, START_MS)
  }

  /** Puts a contact policy in force; sends from now on were decided under it. */
  async enforce(document: ContactPolicy, rules: Partial<ContactRules> = {}): Promise<void> {
    const { version } = await this.db
      .selectFrom('rule_documents')
      .select((eb) => eb.fn.countAll<number>().as('version'))
      .executeTakeFirstOrThrow()
    const contact: ContactRules = {
      hash: `policy ${version + 1}`,
      version: version + 1,
      caps: [],
      quietHours: [],
      sendWindows: [],
      groups: document.groups ?? [],
      matrix: [],
      exclusions: [],
      capacities: document.capacities ?? {},
      ...rules,
    }
    await this.db
      .insertInto('rule_documents')
      .values({
        kind: 'contact-policy',
        version: contact.version,
        hash: contact.hash,
        document: JSON.stringify(document),
        published_at: new Date(START_MS),
        published_by: null,
        note: null,
      })
      .execute()
    const book = { ...bookOf({}), contact }
    await insertFirstRuleBook(this.db, { publication: 1, book, entryRules: {} })
    await this.db.transaction().execute(async (trx) => {
      const { publication = 0 } = (await lockRuleBook(trx)) ?? {}
      await upsertRuleBook(trx, { publication: publication + 1, book, entryRules: {} })
    })
    this.#policy = contact.hash
  }

  /** Somebody with an address, who said yes to marketing. */
  async addCustomer(customerId: string, test = false): Promise<void> {
    const at = new Date(START_MS)
    await this.db
      .insertInto('customers')
      .values({
        customer_id: customerId,
        created_at: at,
        test,
        traits: JSON.stringify({ email: `${customerId}@example.com` }),
        deliver_to: null,
        last_batch: 1,
      })
      .execute()
    await this.db
      .insertInto('consents')
      .values({
        customer_id: customerId,
        purpose: 'marketing',
        channel: 'email',
        granted: true,
        at,
        source: 'test',
        proof: null,
      })
      .execute()
  }

  request(customerId: string, changes: Partial<DeliveryRequest> = {}): DeliveryRequest {
    return {
      deliveryId: `${customerId}.1.1.email`,
      customerId,
      test: false,
      runId: `${customerId}.1`,
      journey: JOURNEY.key,
      version: 1,
      hash: 'h',
      step: 'hello',
      message: 'hello',
      channel: 'email',
      class: 'marketing',
      attempt: 1,
      entry: {
        seq: null,
        name: 'Signed Up',
        occurredAtMs: START_MS,
        receivedAtMs: START_MS,
        properties: {},
      },
      nowMs: this.nowMs,
      giveUpAtMs: this.nowMs + 3 * 86_400_000,
      lifecycle: 'new',
      counts: {},
      ...(this.#policy === undefined ? {} : { policy: this.#policy }),
      ...changes,
    }
  }

  deliver(customerId: string, changes: Partial<DeliveryRequest> = {}): Promise<SendOutcome> {
    return this.#deliver({ request: this.request(customerId, changes), record: null })
  }

  /** The customers to whom mails went, in order. */
  get reached(): string[] {
    return this.email.sent.map(({ to }) => to.replace('@example.com', ''))
  }

  row(customerId: string) {
    return this.db
      .selectFrom('deliveries')
      .selectAll()
      .where('customer_id', '=', customerId)
      .executeTakeFirst()
  }

  /** What actors were told: deliveries that may go on, in the order of the log. */
  async released(): Promise<unknown[]> {
    const rows = await this.db
      .selectFrom('events')
      .select('payload')
      .where('type', '=', 'release')
      .orderBy('seq')
      .execute()
    return rows.map(({ payload }) => payload?.['deliveryId'])
  }

  /** Everything is forgotten. */
  async clear(): Promise<void> {
    const tables = [
      'feedback_counts',
      'push_tickets',
      'devices',
      'deliveries',
      'events',
      'consents',
      'exclusions',
      'blocked_addresses',
      'runs',
      'customers',
      'journey_versions',
      'journeys',
      'rule_documents',
      'rule_book',
      'rule_books',
      'stops',
      'resumes',
      'lifecycle_rollouts',
      'capacities',
      'domain_days',
      'throttles',
    ] as const
    for (const table of tables) await this.db.deleteFrom(table).execute()
  }
}
