import type { Message } from '../journeys/journey.ts'
import { textsOfMessage } from '../journeys/message-texts.ts'
import type { Place } from '../journeys/steps/step-spec.ts'
import { child } from '../json-pointer.ts'
import type { JsonValue } from '../json.ts'

/** A text to be found in what is said, and what is to stand there. */
export interface Search {
  readonly find: string
  readonly replace: string
  /** Also within words: `Tea` in `Teapot`. Default: only whole ones. */
  readonly withinWords?: boolean
}

/** A template that mentions it. */
export interface Mention {
  /** JSON pointer into the document. */
  readonly path: string
  readonly times: number
  /** The first of them, with what stands around it, as it is and as it would be. */
  readonly before: string
  readonly after: string
}

/** Characters of a snippet on either side. */
const AROUND = 40

/** Every template of a message that mentions it, with its place under `path`. */
export const mentionsIn = (path: string, message: Message, search: Search): Mention[] =>
  mentionsAmong(textsOfMessage(path, message), search)

/** Those of these templates that mention it. */
export function mentionsAmong(texts: readonly Place[], search: Search): Mention[] {
  return texts.flatMap(({ path: place, value }) => {
    const found = [...value.matchAll(patternOf(search))]
    const [first] = found
    if (first === undefined) return []
    const snippet = (said: string) => snippetOf(value, first.index, search.find.length, said)
    return [
      {
        path: place,
        times: found.length,
        before: snippet(search.find),
        after: snippet(search.replace),
      },
    ]
  })
}

/** The same message with all that it mentions replaced. */
export const renewed = <M extends Message>(message: M, search: Search): M =>
  renewedIn(message, textsOfMessage('', message), search)

/** A document with all that these of its templates mention replaced. */
export function renewedIn<Document extends object>(
  document: Document,
  texts: readonly Place[],
  search: Search,
): Document {
  const pattern = patternOf(search)
  const said = new Map(
    texts.map(({ path, value }) => [path, value.replaceAll(pattern, () => search.replace)]),
  )
  // A text takes the place of a text, so the shape stays.
  return withTexts('', document as unknown as JsonValue, said) as unknown as Document
}

function withTexts(path: string, value: JsonValue, texts: ReadonlyMap<string, string>): JsonValue {
  if (typeof value === 'string') return texts.get(path) ?? value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value))
    return value.map((inner, index) => withTexts(child(path, index), inner, texts))
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      withTexts(child(path, name), inner, texts),
    ]),
  )
}

/** As it is written, signs included. A word ends where no letter and no digit follows. */
function patternOf({ find, withinWords = false }: Search): RegExp {
  const literal = find.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
  const before = !withinWords && /^[\p{L}\p{N}]/u.test(find) ? String.raw`(?<![\p{L}\p{N}])` : ''
  const after = !withinWords && /[\p{L}\p{N}]$/u.test(find) ? String.raw`(?![\p{L}\p{N}])` : ''
  return new RegExp(before + literal + after, 'gu')
}

function snippetOf(text: string, at: number, length: number, said: string): string {
  const from = Math.max(0, at - AROUND)
  const to = Math.min(text.length, at + length + AROUND)
  const whole = text.slice(from, at) + said + text.slice(at + length, to)
  const ends = [from > 0 ? '…' : '', to < text.length ? '…' : ''] as const
  // Half a sign at either end is none.
  const bare = whole.replaceAll(/[\u{d800}-\u{dfff}]/gu, '')
  return ends[0] + bare.replaceAll(/\s+/g, ' ').trim() + ends[1]
}
