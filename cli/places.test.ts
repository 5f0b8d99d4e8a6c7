import { describe, expect, test } from 'vitest'
import { lineAt, readJson } from './places.ts'

const TEXT = `{
  "key": "welcome",
  "entry": { "on": [{ "event": "A" }, { "event": "B", "when": "no" }] },
  "steps": {
    "a/b": { "type": "wait",
             "for": "3 days" }
  }
}
`
/** The text that a finding at this pointer is shown at. */
function meant(path: string, code = 'any', text = TEXT): string {
  const place = readJson(text).placeOf({ path, code })
  const line = lineAt(text, place)
  return `${place.line}:${place.column} ${line.slice(place.column - 1, place.column - 1 + place.length)}`
}

describe('the place of a finding', () => {
  test.each([
    ['/key', '2:10 "welcome"'],
    ['/entry/on/1/when', '3:63 "no"'],
    ['/steps/a~1b/for', '6:21 "3 days"'],
  ])('%s is the value itself', (path, place) => {
    expect(meant(path)).toBe(place)
  })

  test('of a whole object is its name', () => {
    expect(meant('/steps/a~1b')).toBe('5:5 "a/b"')
  })

  test('of something that is missing is what it is missing in', () => {
    expect(meant('/steps/a~1b/next')).toBe('5:5 "a/b"')
    expect(meant('/entry/on/0/when')).toBe('3:21 {')
    expect(meant('/start')).toBe('1:1 {')
  })

  test('of a name that does not belong there is the name, not its value', () => {
    expect(meant('/steps/a~1b/for', 'unknown_field')).toBe('6:14 "for"')
  })

  test('is found after tabs, carriage returns and signs of two units', () => {
    const text = '{\r\n\t"a": "🙂",\r\n\t"b": 1\r\n}'
    expect(meant('/b', 'any', text)).toBe('3:7 1')
    expect(meant('/a', 'any', text)).toBe('2:7 "🙂"')
  })

  test('never reaches over the end of a line', () => {
    const { findings } = readJson('{\n  "a": "open\n}')
    expect(findings[0]).toMatchObject({ line: 2, column: 8, length: 5 })
  })
})

describe('JSON that is none', () => {
  test('is told with all that is wrong, each at its place', () => {
    const { value, findings } = readJson('{\n  "a": 1,\n  // no\n  "b": tru,\n  "c" 2,\n}')
    expect(value).toBeUndefined()
    expect(findings.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
      '3:3 JSON has no comments; take this out.',
      '4:8 This is no JSON value; texts stand in double quotes.',
      '4:11 A value is expected here (no comma after the last one).',
      '5:7 A colon is expected here.',
      '6:1 A name in double quotes is expected here (no comma after the last one).',
    ])
  })

  test('an empty file is an error at its beginning', () => {
    expect(readJson('').findings).toMatchObject([{ line: 1, column: 1, code: 'bad_json' }])
  })

  test('whatever JSON.parse refuses is refused', () => {
    for (const text of ['{"a":01}', '"\t"', '[1,]', '{"a":1}x', 'NaN', "{'a':1}", '"\\x"']) {
      expect(() => JSON.parse(text) as unknown).toThrow()
      expect(readJson(text).findings.length, text).toBeGreaterThan(0)
    }
  })
})

describe('a name that stands twice', () => {
  const text = '{ "steps": { "a": { "x": 1 },\n "a": { "x": 2 } } }'

  test('is an error at the second one', () => {
    expect(readJson(text)).toMatchObject({
      value: { steps: { a: { x: 2 } } },
      findings: [{ code: 'doubled_name', path: '/steps/a', line: 2, column: 2, length: 3 }],
    })
  })

  test('leaves places to the last one, which is the one that counts', () => {
    expect(meant('/steps/a/x', 'any', text)).toBe('2:14 2')
  })
})
