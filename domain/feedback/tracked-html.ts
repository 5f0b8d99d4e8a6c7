/** Where the links and the pixel of one mail lead. */
export interface MailTracking {
  readonly pixelUrl: string
  /** What a link is replaced by; undefined: it stays as it is. `index` counts the links that are replaced. */
  readonly linkTo: (url: string, index: number) => string | undefined
}

/** Whose content is no markup. */
const RAW_TEXT = /^<(style|script|title|textarea|xmp|noscript)\b/i
const LINK = /^<(?:a|area)\s/i
const ATTRIBUTE = /([^\s"'<>/=]+)(?:(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+))?/g

/**
 * A mail whose links lead over `tracking`, with a picture of one pixel at its end. Nothing but addresses
 * of `<a>` and `<area>` that begin with http: or https: is changed; what is no proper markup stays as it
 * is, to its end. Cost: linear.
 */
export function trackedHtml(html: string, { pixelUrl, linkTo }: MailTracking): string {
  let written = ''
  let at = 0
  let index = 0
  /** Before the last `</body>`, else at the end. */
  let pixelAt: number | undefined
  while (at < html.length) {
    const start = html.indexOf('<', at)
    const end = start < 0 ? undefined : endOfMarkup(html, start)
    if (end === undefined) break
    written += html.slice(at, start)
    const markup = html.slice(start, end)
    if (/^<\/body\b/i.test(markup)) pixelAt = written.length
    if (LINK.test(markup))
      written += withLink(markup, (url) => {
        const to = linkTo(url, index)
        if (to !== undefined) index += 1
        return to
      })
    else written += markup
    at = end
  }
  written += html.slice(at)
  const pixel = `<img src="${escaped(pixelUrl)}" width="1" height="1" alt="" style="border:0">`
  const place = pixelAt ?? written.length
  return written.slice(0, place) + pixel + written.slice(place)
}

/** Behind a tag, a comment or an element of raw text that begins at `start`; undefined where it never ends. */
function endOfMarkup(html: string, start: number): number | undefined {
  if (html.startsWith('<!--', start)) return after(html, '-->', start + 4)
  // A `<` in a text.
  if (!/^[a-z/!?]$/i.test(html[start + 1] ?? '')) return start + 1
  const end = endOfTag(html, start)
  if (end === undefined) return undefined
  const [, name] = RAW_TEXT.exec(html.slice(start, start + 16)) ?? []
  if (name === undefined) return end
  const closing = new RegExp(`</${name}\\b`, 'gi')
  closing.lastIndex = end
  const closed = closing.exec(html)
  return closed === null ? undefined : endOfTag(html, closed.index)
}

function endOfTag(html: string, start: number): number | undefined {
  let at = start + 1
  for (;;) {
    const sign = html[at]
    if (sign === undefined) return undefined
    if (sign === '>') return at + 1
    const next = sign === '"' || sign === "'" ? after(html, sign, at + 1) : at + 1
    if (next === undefined) return undefined
    at = next
  }
}

function after(html: string, text: string, from: number): number | undefined {
  const found = html.indexOf(text, from)
  return found < 0 ? undefined : found + text.length
}

function withLink(tag: string, linkTo: (url: string) => string | undefined): string {
  let isFirst = true
  return tag.replaceAll(
    ATTRIBUTE,
    (attribute: string, name: string, equals?: string, value?: string) => {
      if (name.toLowerCase() !== 'href' || value === undefined || !isFirst) return attribute
      // Browsers take the first.
      isFirst = false
      const url = unescaped(value.replace(/^(["'])(.*)\1$/s, '$2')).trim()
      const to = /^https?:\/\/[^\s/]/i.test(url) ? linkTo(url) : undefined
      return to === undefined ? attribute : `${name}${equals ?? '='}"${escaped(to)}"`
    },
  )
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  quot: '"',
  apos: "'",
  lt: '<',
  gt: '>',
}

/** As browsers read the value of an attribute, as far as addresses are written in it. */
const unescaped = (value: string): string =>
  value.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|quot|apos|lt|gt));/gi,
    (all: string, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return NAMED[name.toLowerCase()] ?? all
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
      return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : all
    },
  )

const escaped = (url: string): string =>
  url
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
