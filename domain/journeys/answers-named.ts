import { conditionReads } from '../conditions.ts'
import { shapeOf } from '../conditions/reads.ts'
import { isPersonalTrait } from '../customers/personal-traits.ts'
import type { Finding } from '../errors.ts'
import type { TemplateRead } from '../templates.ts'
import { conditionsOf } from './journey-conditions.ts'
import type { JourneyParts } from './journey-parts.ts'
import { mergeShapes } from './merge-shapes.ts'
import { readsIn, textsOf } from './message-texts.ts'
import type { PropertyShape } from './rule-book.ts'
import { specOf } from './steps/registry.schema.ts'

/**
 * What of its webhooks' answers a journey names, in conditions and in texts. Nothing else of an
 * answer reaches the engine.
 *
 * Shape: `saveAs` → `status` and `body`, and what of the body.
 */
export function answersNamed(parts: JourneyParts): PropertyShape {
  return [
    ...conditionsOf(parts).map(({ source }) => conditionReads(source).answers),
    ...textsOf(parts).map(({ value }) => shapeOf(answersIn(value).map(({ path }) => path))),
  ].reduce(mergeShapes, {})
}

/** What of answers a template shows, each path from `saveAs` on. */
const answersIn = (template: string): TemplateRead[] =>
  readsIn(template, 'answers').map((read) => ({ ...read, path: read.path.slice(1) }))

/** Answers that no webhook saves; and in texts, what conditions may not name either. */
export function answerFindings(parts: JourneyParts): Finding[] {
  const saved = savedBy(parts)
  const unknown = (path: string, name: string): Finding[] =>
    saved === null || saved.has(name)
      ? []
      : [
          {
            code: 'unknown_answer',
            path,
            message: `No webhook step saves its answer as "${name}"; add "saveAs" to one, or name an answer that is there.`,
            severity: 'error',
          },
        ]
  return [
    ...conditionsOf(parts).flatMap(({ path, source }) =>
      Object.keys(conditionReads(source).answers).flatMap((name) => unknown(path, name)),
    ),
    ...textsOf(parts).flatMap(({ path, value }) =>
      answersIn(value).flatMap((read) => [
        ...read.path.slice(0, 1).flatMap((name) => unknown(path, name)),
        ...textFindings(path, read),
      ]),
    ),
  ]
}

/** Null where a step cannot be read: it may be the one that saves it. */
function savedBy({ steps }: JourneyParts): ReadonlySet<string> | null {
  const saved = new Set<string>()
  for (const step of steps.values()) {
    if (step === null) return null
    for (const name of specOf(step).saves?.(step) ?? []) saved.add(name)
  }
  return saved
}

/** Answers pass through the engine on their way to a message, unlike the customer's own data. */
function textFindings(at: string, { path, line, column }: TemplateRead): Finding[] {
  const [name = '', member, ...names] = path
  const finding = (code: string, message: string): Finding[] => [
    { code, path: at, message: `${message} (line ${line}, column ${column})`, severity: 'error' },
  ]
  if (member === 'status' && names.length === 0) return []
  if (member !== 'body' || names.length === 0)
    return finding(
      'whole_value',
      `Name each value you need, as in answers.${name || 'quote'}.body.plan or answers.${name || 'quote'}.status.`,
    )
  const personal = names.find(
    (each, depth) => isPersonalTrait(each) && (depth === 0 || each !== 'name'),
  )
  if (personal === undefined) return []
  return finding(
    'personal_trait',
    `answers.${path.join('.')} is personal data, which is not kept of an answer.`,
  )
}
