import { TOUCHPOINT_NAME } from '../../domain/touchpoints/touchpoint.ts'
import type { EventCall } from '../../operations/parse-event.ts'

/**
 * How Segment's bodies look in `openapi.json`. Plain schemas, which validate nothing: `parseEvent`
 * reads the bodies, and keeps fields that are not named here.
 */

const text = { type: 'string' as const, maxLength: 255 }
const instant = { type: 'string' as const, format: 'date-time' }
const touchpointName = {
  type: 'string' as const,
  pattern: TOUCHPOINT_NAME.source,
}
const object = { type: 'object' as const, additionalProperties: true }

const shared = {
  messageId: { ...text, description: 'Unique; a repeat changes nothing' },
  userId: text,
  anonymousId: text,
  context: {
    ...object,
    properties: {
      historical: {
        type: 'boolean' as const,
        description: 'From an import: changes facts and lifecycle, starts and sends nothing',
      },
      source: { ...touchpointName, description: 'Where it comes from, such as `web` or `pos`' },
      channel: { ...touchpointName, description: 'What of it: a till, an app, a line' },
    },
  },
  timestamp: instant,
  originalTimestamp: instant,
  sentAt: { ...instant, description: 'Corrects the timestamp by how far the clock is off' },
  writeKey: { type: 'string' as const, description: 'The key, where no header can be set' },
}

const own = {
  track: { event: text, properties: object },
  page: { name: text, category: text, properties: object },
  screen: { name: text, category: text, properties: object },
  identify: { traits: object },
  group: { groupId: text, traits: object },
  alias: { previousId: text },
} satisfies Record<EventCall, object>

const required: Record<EventCall, string[]> = {
  track: ['event'],
  page: [],
  screen: [],
  identify: [],
  group: ['groupId'],
  alias: ['userId', 'previousId'],
}

/** The body of one call. Either `userId` or `anonymousId` is needed. */
export const eventBody = (call: EventCall) => ({
  required: true,
  content: {
    'application/json': {
      schema: {
        type: 'object' as const,
        properties: { ...shared, ...own[call] },
        required: required[call],
        additionalProperties: true,
      },
    },
  },
})

/** The body of a batch. */
export const batchBody = {
  required: true,
  content: {
    'application/json': {
      schema: {
        type: 'object' as const,
        properties: {
          batch: {
            type: 'array' as const,
            items: {
              type: 'object' as const,
              properties: { ...shared, type: { type: 'string' as const } },
              required: ['type'],
              additionalProperties: true,
            },
          },
          sentAt: shared.sentAt,
          writeKey: shared.writeKey,
        },
        required: ['batch'],
        additionalProperties: true,
      },
    },
  },
}
