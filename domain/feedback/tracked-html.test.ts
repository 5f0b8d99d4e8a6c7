import { expect, test } from 'vitest'
import { trackedHtml, type MailTracking } from './tracked-html.ts'

const PIXEL = '<img src="https://t/o" width="1" height="1" alt="" style="border:0">'

function track(html: string, changes: Partial<MailTracking> = {}) {
  const links: string[] = []
  const text = trackedHtml(html, {
    pixelUrl: 'https://t/o',
    linkTo: (url, index) => {
      links.push(url)
      return `https://t/${index}`
    },
    ...changes,
  })
  return { html: text.replace(PIXEL, ''), links, pixelAt: text.indexOf(PIXEL) }
}

test.each([
  ['<a href="https://a.b/c?d=1&amp;e=2">x</a>', ['https://a.b/c?d=1&e=2']],
  ["<A class=big HREF = 'http://a.b'>x</A>", ['http://a.b']],
  ['<a href=https://a.b/c>x</a>', ['https://a.b/c']],
  ['<area shape="rect" href="https://a.b">', ['https://a.b']],
  ['<a\n  title="href=&quot;"\n  href="\n https://a.b&#38;c&#x26;d "\n>x</a>', ['https://a.b&c&d']],
  ['<a href="https://a.b" href="https://c.d">x</a>', ['https://a.b']],
  ['1 < 2 <a href="https://a.b">x</a>', ['https://a.b']],
])('%j has links', (html, links) => {
  const tracked = track(html)
  expect(tracked.links).toEqual(links)
  expect(tracked.html).toContain('https://t/0')
})

test.each([
  'no markup',
  '<a href="mailto:ada@example.com">x</a>',
  '<a href="#top">x</a><a href="/relative">y</a><a name="x">z</a>',
  '<a href="javascript:alert(1)">x</a>',
  '<link href="https://a.b/style.css"><img src="https://a.b/c.png">',
  '<a title=\' href="https://a.b" \'>x</a>',
  '<a data-href="https://a.b">x</a>',
  '<abbr href="https://a.b">x</abbr>',
  '<!-- <a href="https://a.b">x</a> -->',
  '<style>a::before { content: \'<a href="https://a.b">\' }</style>',
  '<a href="https://a.b',
  '<!-- <a href="https://a.b">',
  '<title><a href="https://a.b">',
])('%j has none, and stays as it is', (html) => {
  expect(track(html)).toMatchObject({ html, links: [] })
})

test('counts the links that are replaced', () => {
  const linkTo = (url: string, index: number) =>
    url.endsWith('/u/1') ? undefined : `https://t/${index}`
  const html = '<a href="https://r/u/1">a</a><a href="https://b">b</a><a href="https://c">c</a>'
  expect(track(html, { linkTo }).html).toBe(
    '<a href="https://r/u/1">a</a><a href="https://t/0">b</a><a href="https://t/1">c</a>',
  )
})

test('what stands for a link is escaped', () => {
  expect(track('<a href="https://a">', { linkTo: () => 'https://t/?a&b"c' }).html).toBe(
    '<a href="https://t/?a&amp;b&quot;c">',
  )
})

test('the pixel stands at the end of the body, else at the end', () => {
  expect(track('<body><p>Hi</p></body></html>').pixelAt).toBe('<body><p>Hi</p>'.length)
  expect(track('<p>Hi</p>').pixelAt).toBe('<p>Hi</p>'.length)
})

test('takes as long as it is long, also where nothing ends', () => {
  const startedAt = performance.now()
  for (const text of ['<a ', '<!--', '<style>', '<a href="', '<a href=\'x" ', '&#'])
    track(text.repeat(100_000))
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})
