import { decodeEntities } from './html-entities.ts'

/** What is no part of what is read. */
const UNREAD = new Set(['head', 'style', 'script', 'title', 'template'])
/** What has an empty line before and after it. */
const PARAGRAPHS = new Set(
  'p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote article section header footer pre hr'.split(' '),
)
/** What begins a line. */
const LINES = new Set('div tr li dt dd center address main nav figure figcaption'.split(' '))
const CELLS = new Set(['td', 'th'])
/** Has no end tag. */
const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '))
const RULE = '-'.repeat(20)
/** Lists within lists that are told apart. */
const INDENTS_MAX = 8

interface Tag {
  readonly name: string
  readonly isEnd: boolean
  readonly attributes: string
}

/** Grows at its end only, so that a long mail costs no more for each of its letters. */
interface Writing {
  readonly lines: string[]
  line: string
  /** The line is empty, or ends in a space. */
  isSpaced: boolean
  /** The lists that are open, the innermost last: the number of the next item, null without numbers. */
  readonly lists: (number | null)[]
  /** The link that is open, and what it says so far. */
  link: { readonly href: string; said: string } | null
}

/**
 * The plain text of a mail that was written in HTML only: paragraphs, lists with their signs, links with
 * where they lead, images by what they say they show. What is not shown is left out.
 */
export function htmlText(html: string): string {
  const writing: Writing = { lines: [], line: '', isSpaced: true, lists: [], link: null }
  let unread: { readonly name: string; depth: number } | null = null
  for (const part of partsOf(html)) {
    if (unread !== null) {
      if (typeof part === 'string' || part.name !== unread.name) continue
      unread.depth += part.isEnd ? -1 : 1
      if (unread.depth === 0) unread = null
    } else if (typeof part === 'string') write(writing, part)
    else if (isUnread(part)) unread = { name: part.name, depth: 1 }
    else writeTag(writing, part)
  }
  endLine(writing)
  return tidy(writing.lines.join('\n'))
}

const isUnread = ({ name, isEnd, attributes }: Tag): boolean =>
  !isEnd &&
  !VOID.has(name) &&
  (UNREAD.has(name) || /display\s*:\s*none/i.test(attributeOf(attributes, 'style')))

/** Texts and tags, in order. Linear: what is not closed is read to the end, once. */
function* partsOf(html: string): Generator<string | Tag> {
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open === -1) return yield html.slice(at)
    if (open > at) yield html.slice(at, open)
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4)
      if (end === -1) return
      at = end + 3
      continue
    }
    const name = /^[a-z][a-z0-9]*/i.exec(html.slice(open + 1, open + 20).replace(/^\//, ''))?.[0]
    if (name === undefined && !'!?/'.includes(html[open + 1] ?? ' ')) {
      yield '<'
      at = open + 1
      continue
    }
    const end = tagEnd(html, open)
    if (end === -1) return
    const isEnd = html[open + 1] === '/'
    if (name !== undefined)
      yield {
        name: name.toLowerCase(),
        isEnd,
        attributes: html.slice(open + 1 + (isEnd ? 1 : 0) + name.length, end),
      }
    at = end + 1
  }
}

/** Where a tag is closed, outside of what stands in quotes; -1 where it is not. */
function tagEnd(html: string, open: number): number {
  for (let at = open + 1; at < html.length; at++) {
    const sign = html[at]
    if (sign === '>') return at
    if (sign !== '"' && sign !== "'") continue
    const closing = html.indexOf(sign, at + 1)
    if (closing === -1) return html.indexOf('>', at)
    at = closing
  }
  return -1
}

function attributeOf(attributes: string, name: string): string {
  const found = new RegExp(
    `(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`,
    'i',
  ).exec(attributes)
  return decodeEntities(found?.[1] ?? found?.[2] ?? found?.[3] ?? '').trim()
}

function write(writing: Writing, html: string): void {
  const text = decodeEntities(html.replaceAll(/[ \t\r\n\f]+/g, ' '))
  append(writing, writing.isSpaced ? text.replace(/^ /, '') : text)
}

function append(writing: Writing, text: string): void {
  if (text === '') return
  writing.line += text
  writing.isSpaced = text.endsWith(' ')
  if (writing.link !== null) writing.link.said += text
}

function writeTag(writing: Writing, tag: Tag): void {
  const { name, isEnd, attributes } = tag
  if (name === 'a') closeLink(writing)
  if (PARAGRAPHS.has(name)) breakTo(writing, writing.lists.length > 0 && isList(name) ? 1 : 2)
  if (name === 'br') endLine(writing)
  if (LINES.has(name)) breakTo(writing, 1)
  if (CELLS.has(name)) write(writing, ' ')
  if (isList(name)) {
    if (isEnd) writing.lists.pop()
    else writing.lists.push(name === 'ol' ? 1 : null)
  }
  if (name === 'li' && !isEnd) append(writing, itemSign(writing.lists))
  if (name === 'hr') {
    append(writing, RULE)
    breakTo(writing, 2)
  }
  if (name === 'img') write(writing, attributeOf(attributes, 'alt'))
  if (name === 'a' && !isEnd) writing.link = { href: attributeOf(attributes, 'href'), said: '' }
}

const isList = (name: string): boolean => name === 'ul' || name === 'ol'

/** Counts the item, where its list is numbered. */
function itemSign(lists: (number | null)[]): string {
  const number = lists.at(-1) ?? null
  if (number !== null) lists[lists.length - 1] = number + 1
  const indent = '  '.repeat(Math.min(Math.max(lists.length - 1, 0), INDENTS_MAX))
  return `${indent}${number === null ? '-' : `${number}.`} `
}

/** Says where a link leads, unless that is what it says already. */
function closeLink(writing: Writing): void {
  const { link } = writing
  if (link === null) return
  writing.link = null
  const said = link.said.trim()
  const href = link.href.replace(/^(?:mailto|tel):/i, '')
  if (href === '' || href.startsWith('#') || said === href) return
  if (said === '') append(writing, href)
  else append(writing, writing.isSpaced ? `(${href}) ` : ` (${href})`)
}

function endLine(writing: Writing): void {
  writing.lines.push(writing.line.trimEnd())
  writing.line = ''
  writing.isSpaced = true
}

/** A line that has begun is ended; with two breaks, an empty one follows. None at the start. */
function breakTo(writing: Writing, breaks: 1 | 2): void {
  if (writing.line.trim() !== '') endLine(writing)
  else writing.line = ''
  if (breaks === 2 && (writing.lines.at(-1) ?? '') !== '') writing.lines.push('')
}

const tidy = (text: string): string =>
  text
    .replaceAll('\u{a0}', ' ')
    .replaceAll(/[\u{ad}\u{200b}-\u{200d}\u{feff}]/gu, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
