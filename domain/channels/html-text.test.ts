import { expect, test } from 'vitest'
import { htmlText } from './html-text.ts'

test.each([
  ['<p>Hello,</p><p>your order\n  has <b>left</b>.</p>', 'Hello,\n\nyour order has left.'],
  ['<h1>Sale</h1>Everything<br>must go', 'Sale\n\nEverything\nmust go'],
  ['<div>one</div><div>two</div>', 'one\ntwo'],
  ['<ul><li>tea</li><li>coffee</li></ul>', '- tea\n- coffee'],
  ['<ol><li>open</li><li>pour<ul><li>slowly</li></ul></li></ol>', '1. open\n2. pour\n  - slowly'],
  ['<table><tr><td>Tea</td><td>3 €</td></tr><tr><td>Cup</td></tr></table>', 'Tea 3 €\nCup'],
  [
    'Read <a href="https://shop.example/a?b=1&amp;c=2">more</a>.',
    'Read more (https://shop.example/a?b=1&c=2).',
  ],
  ["<a href='https://shop.example'>https://shop.example</a>", 'https://shop.example'],
  ['<a href="mailto:help@shop.example">help@shop.example</a>', 'help@shop.example'],
  [
    '<a href="https://shop.example/t"><img src="t.png" alt="Our teas"></a>',
    'Our teas (https://shop.example/t)',
  ],
  ['<a href="https://shop.example/t"><img src="t.png"></a>', 'https://shop.example/t'],
  ['<head><title>x</title></head><style>p > a {}</style><!-- a <b> -->Hi', 'Hi'],
  ['<div style="display:none">a <div>b</div> teaser</div><p>Hello</p>', 'Hello'],
  [
    'Tom &amp; J&eacute;r&ocirc;me &#8211; 5&nbsp;&euro; &#x1F600; &unknown;',
    'Tom & Jérôme – 5 € 😀 &unknown;',
  ],
  ['1 < 2 and a > b', '1 < 2 and a > b'],
  ['<p title="a > b">text</p>', 'text'],
  ['a<hr>b', `a\n\n${'-'.repeat(20)}\n\nb`],
  ['&lt;b&gt;', '<b>'],
  ['', ''],
])('%j reads %j', (html, text) => {
  expect(htmlText(html)).toBe(text)
})

test.each(['<!--', '<a "', '<a href=', '<div style="display:none">', '<ul><li>', '&#', '<'])(
  'a mail of nothing but %j is dealt with',
  (piece) => {
    expect(htmlText(piece.repeat(50_000)).length).toBeLessThan(5_000_000)
  },
)
