import type { Kysely } from 'kysely'
import { putOnsiteMessage } from '../../db/onsite-messages.ts'
import type { Database } from '../../db/schema.ts'
import type { OnsiteContent } from '../../domain/journeys/journey.ts'
import { Deliveries } from './deliveries.ts'

/** When messages of `OnsiteWorld` are sent. */
export const SENT_MS = Date.parse('2026-03-02T09:00:00Z')

const CONTENT: OnsiteContent = { kind: 'popup', title: 'Hello', text: 'Still looking?' }

/** Customers who visit a page, and messages that wait for them, in a real database. */
export class OnsiteWorld {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  async begin(): Promise<void> {
    for (const table of ['onsite_messages', 'identities', 'feedback_counts'] as const)
      await this.#db.deleteFrom(table).execute()
    const world = new Deliveries(this.#db)
    await world.clear()
    await world.publish()
    await world.enforce({})
  }

  /** Somebody of that user id, whose browser is known as `<id>-browser`, and who says yes to marketing there. */
  async addVisitor(id: string, clockOffsetMs = 0): Promise<void> {
    const at = new Date(SENT_MS)
    await new Deliveries(this.#db).addCustomer(id, clockOffsetMs > 0)
    await this.#db
      .updateTable('customers')
      .set({ clock_offset_ms: clockOffsetMs })
      .where('customer_id', '=', id)
      .execute()
    await this.#db.updateTable('consents').set({ channel: 'onsite' }).execute()
    await this.#db
      .insertInto('identities')
      .values([
        { kind: 'user', value: id, customer_id: id, created_at: at },
        { kind: 'anonymous', value: `${id}-browser`, customer_id: id, created_at: at },
      ])
      .execute()
  }

  /** A message that was sent to somebody so long after `SENT_MS`; answers its id. */
  async send(
    customerId: string,
    n = 1,
    {
      content = {},
      laterMs = 0,
      status = 'sent',
    }: { content?: Partial<OnsiteContent>; laterMs?: number; status?: 'sent' | 'failed' } = {},
  ): Promise<string> {
    const deliveryId = `${customerId}.1.${n}.onsite`
    await this.#db
      .insertInto('deliveries')
      .values({
        delivery_id: deliveryId,
        customer_id: customerId,
        run_id: `${customerId}.1`,
        journey: 'welcome',
        version: 1,
        step: 'hello',
        message: 'hello',
        channel: 'onsite',
        class: 'marketing',
        status,
        at: new Date(SENT_MS + laterMs),
        worth: null,
        customer_group: null,
        parked_for: null,
      })
      .execute()
    await putOnsiteMessage(this.#db, { deliveryId, content: { ...CONTENT, ...content } })
    const { message_id } = await this.#db
      .selectFrom('onsite_messages')
      .select('message_id')
      .where('delivery_id', '=', deliveryId)
      .executeTakeFirstOrThrow()
    return message_id
  }

  /** What came of it, in the order of the log. */
  async events() {
    return this.#db
      .selectFrom('events')
      .select(['customer_id', 'name', 'properties'])
      .where('type', '=', 'track')
      .orderBy('seq')
      .execute()
  }
}
