import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { journeySchema } from '../domain/journeys/journey.schema.ts'
import { journey } from '../test/support/journeys.ts'
import { SCENARIOS } from '../test/support/scenarios.ts'
import { schemaRoutes } from './routes/schema.ts'

const EXAMPLES = new URL('../examples/journeys/', import.meta.url)
const examples = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.json'))
  .map((file) => [file, JSON.parse(readFileSync(new URL(file, EXAMPLES), 'utf8'))] as const)

describe('GET /v1/schema/journey.json', () => {
  let schema: JsonObject
  let validate: ValidateFunction
  beforeAll(async () => {
    const answer = await schemaRoutes().request('/v1/schema/journey.json')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('application/schema+json')
    schema = (await answer.json()) as JsonObject
    // Formats are told to editors; what an address is, the pattern says.
    validate = new Ajv2020({
      strict: true,
      allowUnionTypes: true,
      formats: { uri: true },
    }).compile(schema)
  })

  test('is JSON Schema 2020-12 with an id, a title and what it is', () => {
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:rumbo:schema:journey',
      title: 'Journey',
    })
  })

  test('describes every field', () => {
    expect(undescribed(schema, '')).toEqual([])
  })

  test.each(examples)('takes %s', (_, definition) => {
    expect(validate(definition), JSON.stringify(validate.errors)).toBe(true)
  })

  test('takes every journey of the scenarios, and one that names the schema', () => {
    const definitions = SCENARIOS.flatMap(({ journeys }) => journeys('http://127.0.0.1:9/'))
    const named = { $schema: 'http://127.0.0.1:3000/v1/schema/journey.json', ...journey('named') }
    for (const definition of [...definitions, named])
      expect(validate(definition), JSON.stringify(validate.errors)).toBe(true)
  })

  test.each([
    ['nothing', {}],
    ['no object', []],
    ['an unknown field', { colour: 'red' }],
    ['a key in capitals', { key: 'Welcome' }],
    ['an unknown class', { class: 'spam' }],
    ['a value below nothing', { arbitration: { mode: 'auto', value: -1 } }],
    ['a rank without mode', { arbitration: { rank: 1 } }],
    ['no trigger', { entry: { on: [] } }],
    ['two triggers in one', { entry: { on: [{ event: 'A', lifecycle: 'new' }] } }],
    ['an unknown lifecycle state', { entry: { on: [{ lifecycle: 'happy' }] } }],
    ['re-entry of no mode', { entry: { on: [{ event: 'A' }], reentry: { for: 'P1D' } } }],
    ['steps in a list', { steps: [] }],
    ['a step of no type', { steps: { a: { next: 'a' } } }],
    ['a step of an unknown type', { steps: { a: { type: 'dance' } } }],
    ['a field of another step', { steps: { a: { type: 'exit', next: 'a' } } }],
    [
      'weekdays that are none',
      { steps: { a: { type: 'wait', weekdays: ['someday'], next: 'a' } } },
    ],
    ['too many rounds', { steps: { a: { type: 'repeat', times: 1e9, body: 'a', next: 'a' } } }],
    ['half a round', { steps: { a: { type: 'repeat', times: 1.5, body: 'a', next: 'a' } } }],
    ['a webhook by ftp', { steps: { a: { type: 'webhook', url: 'ftp://a.example', next: 'a' } } }],
    ['a mail without a subject', { messages: { a: { email: { html: '' } } } }],
    ['an unknown channel', { messages: { a: { pigeon: {} } } }],
  ])('refuses, as the checker does: %s', (_, part) => {
    const definition = Array.isArray(part) ? part : { ...journey('bad'), ...part }
    const isWhole = Object.keys(part).length > 0 || Array.isArray(part)
    const bad = isWhole ? definition : part
    expect(journeySchema.safeParse(bad).success).toBe(false)
    expect(validate(bad)).toBe(false)
  })
})

describe.each(['contact-policy', 'arbitration'] as const)('GET /v1/schema/%s.json', (name) => {
  const example: unknown = JSON.parse(
    readFileSync(new URL(`../examples/${name}.json`, import.meta.url), 'utf8'),
  )
  let schema: JsonObject
  let validate: ValidateFunction
  beforeAll(async () => {
    const answer = await schemaRoutes().request(`/v1/schema/${name}.json`)
    expect(answer.status).toBe(200)
    schema = (await answer.json()) as JsonObject
    validate = new Ajv2020({
      strict: true,
      allowUnionTypes: true,
      formats: { uri: true },
    }).compile(schema)
  })

  test('has an id and describes every field', () => {
    expect(schema).toMatchObject({ $id: `urn:rumbo:schema:${name}` })
    expect(undescribed(schema, '')).toEqual([])
  })

  test('takes the example, and nothing with a field that is not there', () => {
    expect(validate(example), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ colour: 'red' })).toBe(false)
    expect(validate([])).toBe(false)
  })
})

/** Places of fields without a description. */
function undescribed(schema: JsonValue, path: string): string[] {
  if (schema === null || typeof schema !== 'object') return []
  if (Array.isArray(schema)) return schema.flatMap((each, at) => undescribed(each, `${path}/${at}`))
  const { properties = {}, ...rest } = schema
  return [
    ...Object.entries(properties as JsonObject).flatMap(([name, field]) => [
      ...((field as JsonObject)['description'] === undefined ? [`${path}/${name}`] : []),
      ...undescribed(field, `${path}/${name}`),
    ]),
    ...Object.entries(rest).flatMap(([name, each]) => undescribed(each, `${path}/${name}`)),
  ]
}
