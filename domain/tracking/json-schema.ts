import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { RE2JS } from 're2js'
import { child } from '../json-pointer.ts'
import type { JsonObject, JsonValue } from '../json.ts'

/**
 * JSON Schema 2020-12, the only place that knows the library.
 *
 * Schemas come from publishers and values from anybody: patterns are RE2's, which take linear time
 * whatever the text, and nothing is ever fetched.
 */

/** Something about a value that its schema does not allow. */
export interface Violation {
  /** Where in the value, a JSON pointer. */
  readonly path: string
  /** What in the schema says so, a JSON pointer. There are no more of them than the schema has places. */
  readonly rule: string
  /** Names no value. */
  readonly message: string
}

export type Validate = (value: JsonValue) => readonly Violation[]

/** Why a schema cannot be used: the place in it, and what to do. */
export interface SchemaProblem {
  readonly path: string
  readonly message: string
}

export interface SchemaCompiler {
  /** A function that validates, or what is wrong with the schema. Cost: some milliseconds. */
  readonly compile: (
    schema: JsonObject,
  ) => { readonly validate: Validate } | { readonly problems: readonly SchemaProblem[] }
}

/** Violations of one value that are told. */
const VIOLATIONS_MAX = 20

/** Makes a compiler for the schemas of one plan, which keeps all that it has compiled. */
export function createSchemaCompiler(): SchemaCompiler {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    strictTuples: false,
    // A property is what was sent, not what every object has.
    ownProperties: true,
    // The schema beside an error says which of several names is missing.
    verbose: true,
    logger: false,
    code: { regExp: linearRegExp },
  })
  addFormats.default(ajv)

  const compile: SchemaCompiler['compile'] = (schema) => {
    try {
      if (ajv.validateSchema(schema) !== true)
        return { problems: (ajv.errors ?? []).slice(0, VIOLATIONS_MAX).map(toProblem) }
      const validate = ajv.compile(schema)
      if ('$async' in validate) return { problems: [{ path: '/$async', message: NO_ASYNC }] }
      return {
        validate: (value) =>
          validate(value) ? [] : (validate.errors ?? []).slice(0, VIOLATIONS_MAX).map(toViolation),
      }
    } catch (error) {
      // Not a bug: this is how the library says that it knows no such keyword, format or reference.
      const message = error instanceof Error ? error.message : String(error)
      return { problems: [{ path: '', message: `${message}.` }] }
    }
  }
  return { compile }
}

const NO_ASYNC = 'Nothing is looked up while an event is validated; take "$async" out.'

const toProblem = ({ instancePath, message }: ErrorObject): SchemaProblem => ({
  path: instancePath,
  message: `This ${message ?? 'is not JSON Schema'}.`,
})

function toViolation({
  instancePath,
  schemaPath,
  keyword,
  params,
  message,
  parentSchema,
}: ErrorObject): Violation {
  const rule = schemaPath.replace(/^#/, '')
  const said = message ?? `breaks ${keyword}`
  const named = (name: unknown): string => child(instancePath, String(name))
  switch (keyword) {
    case 'required': {
      const { missingProperty } = params
      const names: unknown = parentSchema?.['required']
      const place = Array.isArray(names) ? names.indexOf(missingProperty) : -1
      return { path: named(missingProperty), rule: `${rule}/${place}`, message: said }
    }
    case 'additionalProperties':
      return { path: named(params['additionalProperty']), rule, message: said }
    case 'unevaluatedProperties':
      return { path: named(params['unevaluatedProperty']), rule, message: said }
    default:
      return { path: instancePath, rule, message: said }
  }
}

/** What the library calls instead of `new RegExp`. By its text it tells one pattern from another. */
function linearRegExp(pattern: string): {
  test: (text: string) => boolean
  toString: () => string
} {
  const compiled = RE2JS.compile(pattern)
  return { test: (text) => compiled.matcher(text).find(), toString: () => pattern }
}
linearRegExp.code = 'linearRegExp'
