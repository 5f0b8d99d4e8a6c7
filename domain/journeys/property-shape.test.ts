import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../json.ts'
import { projectProperties } from './property-shape.ts'
import type { PropertyShape } from './rule-book.ts'

describe('projectProperties', () => {
  test('keeps what the shape names and nothing else', () => {
    const properties = { revenue: 12, email: 'ana@example.com', order: { id: 7, note: 'ring' } }
    expect(projectProperties(properties, { revenue: true, order: { id: true } })).toEqual({
      revenue: 12,
      order: { id: 7 },
    })
  })

  test('looks through arrays and keeps their positions', () => {
    const properties = { products: [{ product_id: 'a', price: 1 }, { price: 2 }, 'odd'] }
    expect(projectProperties(properties, { products: { product_id: true } })).toEqual({
      products: [{ product_id: 'a' }, {}, {}],
    })
  })

  test('leaves out a scalar where the shape goes on', () => {
    expect(projectProperties({ order: 'ana@example.com' }, { order: { id: true } })).toEqual({})
  })

  test.each(['constructor', '__proto__', 'toString'])('finds no inherited %s', (name) => {
    const shape = JSON.parse(`{"${name}": true}`) as PropertyShape
    expect(Object.keys(projectProperties({}, shape))).toEqual([])
  })

  test('lets no string through whose path the shape does not name', () => {
    fc.assert(
      fc.property(json, shape, (properties, shape) => {
        const kept = projectProperties(properties, shape)
        expect(pathsOf(kept).filter((path) => !isNamed(path, shape))).toEqual([])
        expect(projectProperties(kept, shape)).toEqual(kept)
      }),
    )
  })
})

const name = fc.constantFrom('a', 'b', 'c')
const { json } = fc.letrec<{ json: JsonObject; value: JsonValue }>((tie) => ({
  json: fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('json'),
  ),
}))
const { shape } = fc.letrec<{ shape: PropertyShape }>((tie) => ({
  shape: fc.dictionary(name, fc.oneof({ maxDepth: 3 }, fc.constant(true as const), tie('shape')), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
}))

/** Paths to all strings; array positions say nothing. */
function pathsOf(value: JsonValue, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value === 'string') return [path]
  if (value === null || typeof value !== 'object') return []
  if (Array.isArray(value)) return value.flatMap((element) => pathsOf(element, path))
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))
}

function isNamed(path: readonly string[], shape: PropertyShape): boolean {
  let at: PropertyShape | true | undefined = shape
  for (const step of path) {
    if (at === true) return true
    at = at?.[step]
  }
  return at === true
}
