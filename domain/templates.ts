/**
 * Liquid, and the only file that knows liquidjs. Never part of a workflow: texts are loaded and
 * rendered by the send, so that no personal data is on the engine.
 *
 * I1  A template reads its scope and nothing else: no files, no other templates, no clock, no dice.
 * I2  The same source and scope give the same text on every machine.
 * I3  Work and output are bounded.
 */
import { Liquid, LiquidError, UndefinedVariableError, type Template } from 'liquidjs'
import type { JsonObject, JsonValue } from './json.ts'
import type { LifecycleState } from './journeys/journey.ts'
import { DATE_FILTERS, type TemplateClock } from './template-dates.ts'
import { toIso } from './time.ts'

const SOURCE_LENGTH_MAX = 200_000
const OUTPUT_LENGTH_MAX = 1_000_000
/** Characters and elements that filters and ranges may make; a count, so that a slow machine decides alike. */
const MEMORY_MAX = 1_000_000
/** Stops what the count lets pass. */
const RENDER_MS_MAX = 2_000
const PARSED_MAX = 200
const TOP = { line: 1, column: 1 }

/** What a template can read. */
export interface TemplateScope {
  readonly customer: {
    /** All of them, also personal ones. */
    readonly traits: JsonObject
    readonly lifecycle: LifecycleState
    /** Worth of all purchases so far, major units. Absent: nothing was bought. */
    readonly value?: number
    /** Purpose → granted on at least one channel. */
    readonly consent: Readonly<Record<string, boolean>>
  }
  /** The run's entry event, whole. `event` and `entry` are the same in a message. */
  readonly event: TemplateEvent
  readonly entry: TemplateEvent
  /** How often an event happened, by name. */
  readonly counts: Readonly<Record<string, number>>
  /** What webhooks answered in this run, by `saveAs`. Absent: nothing. */
  readonly answers?: Readonly<Record<string, JsonValue>>
  /** Where the customer unsubscribes. Absent outside of messages: a call has no channel to leave. */
  readonly unsubscribeUrl?: string
  /** Where the customer confirms what they asked for. Absent where nothing is to be confirmed. */
  readonly confirmUrl?: string
  /** `now` in the template, and for the `date` filters. */
  readonly nowMs: number
  /** The customer's zone, in which dates are shown. */
  readonly zone: string
}

export interface TemplateEvent {
  readonly name: string
  readonly properties: JsonObject
  /** RFC 3339. */
  readonly occurredAt: string
  readonly receivedAt: string
}

/** What a template is part of: a message, or a call to the outside that is none. */
export type TemplateUse = 'message' | 'call'

const CALL_NAMES = ['customer', 'event', 'entry', 'counts', 'answers', 'now']
/** The names at the root of a template's scope. The first two addresses are of the same page. */
const NAMES: Readonly<Record<TemplateUse, readonly string[]>> = {
  call: CALL_NAMES,
  message: [...CALL_NAMES, 'unsubscribeUrl', 'preferencesUrl', 'confirmUrl'],
}

const EVENT_MEMBERS = ['name', 'properties', 'occurredAt', 'receivedAt']
/** What there is below some of them. */
const MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['customer', ['traits', 'lifecycle', 'value', 'consent']],
  ['event', EVENT_MEMBERS],
  ['entry', EVENT_MEMBERS],
])

/** Escapes what a template prints for where it goes. */
export type TemplateFormat = 'text' | 'html'

/** A template that cannot be rendered: malformed, or the data does not have what it reads. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
  readonly line: number
  readonly column: number

  constructor(message: string, place: { line: number; column: number }) {
    super(message)
    this.line = place.line
    this.column = place.column
  }
}

export interface TemplateProblem {
  readonly code: 'bad_template' | 'unknown_name'
  readonly message: string
  /** Both from 1. */
  readonly line: number
  readonly column: number
}

/** A name that a template expects from outside, for example `['customer', 'traits', 'city']`. */
export interface TemplateRead {
  /** Up to the first part that is only known when it is rendered. */
  readonly path: readonly string[]
  readonly line: number
  readonly column: number
}

const ENGINES: Readonly<Record<TemplateFormat, Engine>> = {
  text: createEngine({}),
  html: createEngine({ outputEscape: 'escape' }),
}

interface Engine {
  readonly liquid: Liquid
  /** Pure memo: the same source always parses to the same templates. */
  readonly parsed: Map<string, Template[]>
}

/**
 * The text that a template makes of a scope. A name that is not there is an error, except in `if`,
 * `unless` and before the filter `default`. In `html` every output is escaped unless it is `raw`.
 *
 * @throws {TemplateError}
 */
export function renderTemplate(
  source: string,
  scope: TemplateScope,
  format: TemplateFormat = 'text',
): string {
  const { nowMs, zone, ...rest } = scope
  const { unsubscribeUrl } = rest
  const links = unsubscribeUrl === undefined ? {} : { preferencesUrl: unsubscribeUrl }
  const clock: TemplateClock = { nowMs, zone }
  const engine = ENGINES[format]
  return attempt(() => {
    const text = String(
      engine.liquid.renderSync(
        parse(engine, source),
        { ...rest, ...links, now: toIso(nowMs) },
        { globals: clock },
      ),
    )
    if (text.length > OUTPUT_LENGTH_MAX) {
      throw new TemplateError(`The text is longer than ${OUTPUT_LENGTH_MAX} characters.`, TOP)
    }
    return text
  })
}

/** What is wrong with a template that somebody wrote; empty when it may be published. */
export function checkTemplate(source: string, use: TemplateUse = 'message'): TemplateProblem[] {
  let reads: TemplateRead[]
  try {
    reads = templateReads(source)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const { message, line, column } = error
    return [{ code: 'bad_template', message, line, column }]
  }
  return reads.flatMap(({ path, line, column }): TemplateProblem[] => {
    const known = namesInsteadOf(path, NAMES[use])
    if (known === null) return []
    const message = `"${path.join('.')}" is not known. A template can read ${known.join(', ')}.`
    return [{ code: 'unknown_name', message, line, column }]
  })
}

/** Names that there are where the path names one that there is not; null where all is well. */
function namesInsteadOf(
  [root = '', member]: readonly string[],
  names: readonly string[],
): readonly string[] | null {
  if (!names.includes(root)) return names
  const members = MEMBERS.get(root)
  if (members === undefined || member === undefined || members.includes(member)) return null
  return members.map((each) => `${root}.${each}`)
}

/**
 * Every name that a template expects from outside, with its place, in no order.
 *
 * @throws {TemplateError} when it is malformed
 */
export function templateReads(source: string): TemplateRead[] {
  const { liquid } = ENGINES.text
  return attempt(() => {
    const { globals } = liquid.analyzeSync(parse(ENGINES.text, source))
    return Object.values(globals)
      .flat()
      .map(({ segments, location }) => ({
        path: namesOf(segments),
        line: location.row,
        column: location.col,
      }))
  })
}

function namesOf(segments: readonly unknown[]): string[] {
  const end = segments.findIndex((segment) => typeof segment !== 'string')
  return segments.slice(0, end === -1 ? undefined : end).map(String)
}

function createEngine(options: { outputEscape?: 'escape' }): Engine {
  const liquid = new Liquid({
    ...options,
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    templates: {},
    parseLimit: SOURCE_LENGTH_MAX,
    renderLimit: RENDER_MS_MAX,
    memoryLimit: MEMORY_MAX,
  })
  for (const tag of ['include', 'render', 'layout', 'block']) delete liquid.tags[tag]
  liquid.unregisterFilter('sample')
  for (const [name, filter] of Object.entries(DATE_FILTERS)) liquid.registerFilter(name, filter)
  return { liquid, parsed: new Map() }
}

function parse({ liquid, parsed }: Engine, source: string): Template[] {
  const known = parsed.get(source)
  if (known) return known
  const templates = liquid.parse(source)
  if (parsed.size >= PARSED_MAX) parsed.clear()
  parsed.set(source, templates)
  return templates
}

/** Whatever a template makes of its data is a fact about the template, not a failure of ours. */
function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof TemplateError) throw error
    const message = error instanceof Error ? error.message : String(error)
    if (!(error instanceof LiquidError)) throw new TemplateError(message, TOP)
    const [line = 1, column = 1] = error.token?.getPosition() ?? []
    throw new TemplateError(sentence(message, error), { line, column })
  }
}

/** liquidjs ends its messages with the place, which the caller gets as numbers. */
function sentence(message: string, error: LiquidError): string {
  const bare = message.replace(/, line:\d+, col:\d+$/, '')
  return error instanceof UndefinedVariableError
    ? `${bare.replace('undefined variable: ', '"')}" is not there.`
    : `${bare}.`
}
