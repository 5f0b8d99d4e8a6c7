import { describe, expect, test } from 'vitest'
import { conjunctsOf, constantOf } from './claims.ts'

const claims = (source: string) => conjunctsOf(source).map(({ claim }) => claim)
const texts = (source: string) => conjunctsOf(source).map(({ text }) => text)

describe('conjunctsOf', () => {
  test.each([
    ["has('email') && customer.lifecycle == 'new'", 2],
    ["!(has('email') || inJourney('a'))", 2],
    ["has('email') || inJourney('a')", 1],
    ["has('email') ==", 0],
  ])('%s has %i', (source, count) => {
    expect(conjunctsOf(source)).toHaveLength(count)
  })

  test.each([
    ["customer.lifecycle == 'lost'", 'customer.lifecycle=="lost"', "'lost' == customer.lifecycle"],
    ['count("X") > 2', "count('X') > 2", "2 < count('X')"],
    ['!(!(has("email")))', "has('email')", "(has('email'))"],
  ])('the same said in other words has one text: %s', (...sources) => {
    expect(new Set(sources.flatMap(texts)).size).toBe(1)
  })

  test.each([
    ["customer.lifecycle == 'lost'", ['lost']],
    ["!(customer.lifecycle != 'lost')", ['lost']],
    ["customer.lifecycle in ['lost', 'hero']", ['lost', 'hero']],
    [
      "!(customer.lifecycle in ['lost', 'hero', 'new', 'prospect', 'ghost', 'waiting'])",
      ['at_risk', 'occasional', 'repeater'],
    ],
  ])('%s leaves %j', (source, states) => {
    expect(claims(source)).toEqual([{ type: 'lifecycle', states }])
  })

  test.each([
    ["count('X') == 0", { type: 'notHappened', event: 'X' }],
    ["!(count('X') > 0)", { type: 'notHappened', event: 'X' }],
    ["1 > count('X')", { type: 'notHappened', event: 'X' }],
    ["count('X', 'P30D') < 1", { type: 'notHappened', event: 'X' }],
    ["count('X', 'PT1H') == 0", null],
    ["count('X') == 1", null],
    ["inJourney('a')", { type: 'inside', journey: 'a' }],
    ["!inJourney('a')", { type: 'outside', journey: 'a' }],
  ])('%s', (source, claim) => {
    expect(claims(source)).toEqual([claim])
  })
})

describe('constantOf', () => {
  test.each([
    ['true', true],
    ['!true', false],
    ["has('email') && false", false],
    ["has('email') || true", true],
    ['1 == 2', false],
    ["'a' < 'b'", true],
    ['1 > 2 ? has("email") : true', true],
    ["count('X') > 0", null],
    ['now > timestamp("2026-01-01T00:00:00Z")', null],
    ['[1, 2].exists(x, x == 1)', null],
    ["count('X') ==", null],
  ])('%s is %s', (source, expected) => {
    expect(constantOf(source)).toBe(expected)
  })
})
