import type { Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** A mail that the catcher took, with the send it belongs to. */
export interface OutboxEntry {
  readonly outboxId: number
  readonly to: readonly string[]
  readonly from: string
  readonly subject: string
  readonly receivedAt: Date
  readonly delivery: OutboxDelivery | null
}

export interface OutboxDelivery {
  readonly deliveryId: string
  readonly customerId: string
  readonly journey: string
  readonly version: number
  readonly step: string
  readonly message: string
  /** On the customer's clock, which for a test customer may be weeks ahead. */
  readonly at: Date
}

/** Keeps one mail. A mail that comes twice is kept twice: the outbox shows what was sent. */
export async function insertOutboxMail(
  db: Kysely<Database>,
  mail: {
    deliveryId: string | null
    messageId: string | null
    from: string
    to: readonly string[]
    subject: string
    raw: string
  },
): Promise<void> {
  await db
    .insertInto('outbox')
    .values({
      delivery_id: mail.deliveryId,
      message_id: mail.messageId,
      mail_from: mail.from,
      rcpt_to: [...mail.to],
      subject: mail.subject,
      raw: mail.raw,
    })
    .execute()
}

/** Newest first, those before `beforeId`; of one customer where one is named. */
export async function listOutbox(
  db: Kysely<Database>,
  {
    beforeId,
    customerId,
    limit,
  }: { beforeId: number | null; customerId: string | null; limit: number },
): Promise<OutboxEntry[]> {
  let query = outbox(db).orderBy('outbox_id', 'desc').limit(limit)
  if (beforeId !== null) query = query.where('outbox_id', '<', beforeId)
  if (customerId !== null) query = query.where('deliveries.customer_id', '=', customerId)
  return (await query.execute()).map(toEntry)
}

/** One mail with what came over the wire. */
export async function findOutboxMail(
  db: Kysely<Database>,
  outboxId: number,
): Promise<(OutboxEntry & { raw: string }) | undefined> {
  const row = await outbox(db).select('raw').where('outbox_id', '=', outboxId).executeTakeFirst()
  return row && { ...toEntry(row), raw: row.raw }
}

function outbox(db: Kysely<Database>) {
  return db
    .selectFrom('outbox')
    .leftJoin('deliveries', 'deliveries.delivery_id', 'outbox.delivery_id')
    .select([
      'outbox.outbox_id',
      'outbox.rcpt_to',
      'outbox.mail_from',
      'outbox.subject',
      'outbox.received_at',
      'deliveries.delivery_id',
      'deliveries.customer_id',
      'deliveries.journey',
      'deliveries.version',
      'deliveries.step',
      'deliveries.message',
      'deliveries.at',
    ])
}

type Row = Awaited<ReturnType<ReturnType<typeof outbox>['execute']>>[number]

function toEntry(row: Row): OutboxEntry {
  const { delivery_id, customer_id, journey, version, step, message, at } = row
  return {
    outboxId: row.outbox_id,
    to: row.rcpt_to,
    from: row.mail_from,
    subject: row.subject,
    receivedAt: row.received_at,
    delivery:
      delivery_id === null ||
      customer_id === null ||
      journey === null ||
      version === null ||
      step === null ||
      message === null ||
      at === null
        ? null
        : { deliveryId: delivery_id, customerId: customer_id, journey, version, step, message, at },
  }
}
