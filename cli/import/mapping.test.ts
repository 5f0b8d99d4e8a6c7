import type { JsonObject } from '../../domain/json.ts'
import { describe, expect, test } from 'vitest'
import { asCall, createMapper, type Mapping, type MappedRow } from './mapping.ts'

const mapping = (changes: Partial<Mapping>): Mapping => ({
  map: {},
  set: {},
  rest: null,
  zone: 'UTC',
  ...changes,
})
/** Rows as they are imported. */
function mapper(changes: Partial<Mapping>, isHistorical = true): (row: JsonObject) => MappedRow {
  const map = createMapper(mapping(changes))
  return (row) => {
    const mapped = map(row)
    return mapped.event === null
      ? mapped
      : { event: asCall(mapped.event, { isHistorical }), findings: [] }
  }
}

const ORDERS = mapping({
  map: { user_id: 'userId', at: 'timestamp', total: 'properties.revenue:number' },
  set: { event: 'Order Completed', 'properties.count': '2' },
})

describe('a mapping', () => {
  test('makes an event of a row of texts', () => {
    const row = { user_id: '17850', at: '2010-12-01 08:26:00', total: '15.30', other: 'x' }
    expect(mapper(ORDERS)(row).event).toEqual({
      type: 'track',
      userId: '17850',
      event: 'Order Completed',
      timestamp: '2010-12-01T08:26:00.000Z',
      properties: { revenue: 15.3, count: 2 },
      messageId: expect.stringMatching(/^import-[0-9a-f]{40}$/) as string,
      context: { historical: true },
    })
  })

  test('takes columns that are not named along, where it is told to', () => {
    const { event } = mapper({ map: { id: 'userId' }, rest: 'properties', set: { event: 'A' } })({
      id: '1',
      colour: 'red',
      size: '',
    })
    expect(event).toMatchObject({ userId: '1', properties: { colour: 'red' } })
    expect(event?.['properties']).not.toHaveProperty('size')
  })

  test('reads nested fields of JSON by their path', () => {
    const { event } = mapper({ map: { 'who.id': 'userId', 'who.plan': 'traits.plan' } })({
      who: { id: 42, plan: 'pro' },
    })
    expect(event).toMatchObject({ type: 'identify', userId: '42', traits: { plan: 'pro' } })
  })

  test.each([
    ['2010-12-01T08:26:00+02:00', 'instant', '2010-12-01T06:26:00.000Z'],
    ['2010-07-01 08:26', 'instant', '2010-07-01T07:26:00.000Z'],
    ['2010-12-01', 'instant', '2010-12-01T00:00:00.000Z'],
    ['1291191960', 'unix', '2010-12-01T08:26:00.000Z'],
    ['1291191960000', 'unixms', '2010-12-01T08:26:00.000Z'],
  ])('reads %s as %s', (text, as, instant) => {
    const map = mapper({ map: { at: `timestamp:${as}` }, zone: 'Europe/London' })
    expect(map({ userId: 'a', at: text }).event?.['timestamp']).toBe(instant)
  })

  test('names everything of a row that cannot be converted', () => {
    const { event, findings } = mapper(ORDERS)({ user_id: '1', at: 'yesterday', total: '1,50' })
    expect(event).toBeNull()
    expect(findings).toMatchObject([
      { code: 'not_convertible', path: '/at' },
      { code: 'not_convertible', path: '/total' },
    ])
  })

  test('is refused with everything that is wrong with it', () => {
    expect(() =>
      mapper({ map: { a: 'user', b: 'properties.x:int' }, set: { traits: '1' }, zone: 'Mars' }),
    ).toThrow(/a: "user"[^]*b: "properties.x:int"[^]*traits: [^]*zone: "Mars"/)
  })
})

describe('a row without a message id', () => {
  const row = { user_id: '1', at: '2010-12-01', total: '1' }

  test('gets the same one however often it is imported, as history or not', () => {
    const id = mapper(ORDERS)(row).event?.['messageId']
    expect(mapper(ORDERS)({ ...row }).event?.['messageId']).toBe(id)
    expect(mapper(ORDERS, false)(row).event?.['messageId']).toBe(id)
    expect(mapper(ORDERS)({ ...row, total: '2' }).event?.['messageId']).not.toBe(id)
  })

  test('keeps the one that it has', () => {
    expect(mapper({})({ type: 'track', event: 'A', messageId: 'm1' }).event).toMatchObject({
      messageId: 'm1',
    })
  })
})

describe('a call as Segment wrote it', () => {
  const call = {
    type: 'track',
    event: 'A',
    userId: '1',
    messageId: 'm',
    context: { ip: '::1' },
    sentAt: '2010-12-01T00:00:00Z',
  }

  test('is taken as it is, as history, and without the clock of its sender', () => {
    expect(mapper({})(call).event).toEqual({
      type: 'track',
      event: 'A',
      userId: '1',
      messageId: 'm',
      context: { ip: '::1', historical: true },
    })
  })

  test('is no history where it is to happen now', () => {
    expect(mapper({}, false)(call).event?.['context']).toEqual({ ip: '::1' })
  })
})
