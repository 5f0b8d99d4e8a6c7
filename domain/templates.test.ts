import { describe, expect, test } from 'vitest'
import { channelSpec } from './channels/index.ts'
import {
  checkTemplate,
  renderTemplate,
  TemplateError,
  templateReads,
  type TemplateScope,
} from './templates.ts'

const event = {
  name: 'Order Completed',
  properties: { revenue: 12.5, products: [{ name: 'Lamp <b>' }, { name: 'Bulb' }] },
  occurredAt: '2026-03-28T23:30:00.000Z',
  receivedAt: '2026-03-28T23:30:01.000Z',
}
const scope: TemplateScope = {
  customer: {
    traits: { first_name: '<i>Ada</i>', birthday: '1990-05-01', nothing: null },
    lifecycle: 'new',
    consent: { marketing: true },
  },
  event,
  entry: event,
  counts: { 'Order Completed': 2 },
  nowMs: Date.parse('2026-12-06T01:30:00Z'),
  unsubscribeUrl: 'https://mail.example.com/u/abc.def',
  zone: 'America/Los_Angeles',
}

describe('renderTemplate', () => {
  test.each([
    ['{{ customer.traits.first_name }}', '<i>Ada</i>'],
    ['{{ customer.traits.surname | default: "you" }}', 'you'],
    ['{% if customer.traits.surname %}a{% else %}b{% endif %}', 'b'],
    ['{{ counts["Order Completed"] }}', '2'],
    ['{% for p in entry.properties.products %}{{ p.name }},{% endfor %}', 'Lamp <b>,Bulb,'],
    ['{% if customer.consent.marketing %}yes{% endif %}', 'yes'],
    ['{{ customer.traits.nothing }}', ''],
    ['{{ unsubscribeUrl }}', 'https://mail.example.com/u/abc.def'],
    ['{{ preferencesUrl }}', 'https://mail.example.com/u/abc.def'],
  ])('%s', (source, text) => expect(renderTemplate(source, scope)).toBe(text))

  test('escapes for HTML unless told otherwise', () => {
    expect(renderTemplate('{{ customer.traits.first_name }}', scope, 'html')).toBe(
      '&lt;i&gt;Ada&lt;/i&gt;',
    )
    expect(renderTemplate('{{ customer.traits.first_name | raw }}', scope, 'html')).toBe(
      '<i>Ada</i>',
    )
  })

  test.each([
    ['{{ "now" | date: "%Y-%m-%d %H:%M" }}', '2026-12-05 17:30'],
    ['{{ now | date: "%-d %B, %l:%M %p %:z" }}', '5 December,  5:30 PM -08:00'],
    ['{{ now | date: "%F %T", "Europe/Madrid" }}', '2026-12-06 02:30:00'],
    ['{{ entry.occurredAt | date: "%a %d %b" }}', 'Sat 28 Mar'],
    ['{{ customer.traits.birthday | date: "%d.%m." }}', '01.05.'],
    ['{{ 0 | date: "%s" }}', '0'],
    ['{{ "soon" | date: "%Y" }}', 'soon'],
  ])('shows %s on the customer’s clock, never on the machine’s', (source, text) =>
    expect(renderTemplate(source, scope)).toBe(text),
  )

  test.each([
    ['a name that is not there', 'Dear\n {{ customer.traits.surname }}', 2],
    ['a prototype', '{{ customer.constructor }}', 1],
    ['a file', '{% include "/etc/passwd" %}', 1],
    ['dice', '{{ entry.properties.products | sample }}', 1],
    ['endless work', '{% for i in (1..100000000) %}x{% endfor %}', 1],
    [
      'many renders',
      '{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}',
      1,
    ],
    [
      'doubling over and over',
      "{% assign a = 'x' %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}",
      1,
    ],
    [
      'a long text made of many',
      `{% assign a = '${'x'.repeat(5_000)}' %}{{ a | replace: 'x', a }}`,
      1,
    ],
    ['the code behind a value', '{{ customer.traits.first_name.constructor.constructor }}', 1],
    ['endless output', `{% for i in (1..3000) %}${'x'.repeat(1000)}{% endfor %}`, 1],
  ])('refuses %s with its place', (_, source, line) => {
    const rendering = (): string => renderTemplate(source, scope)
    expect(rendering).toThrow(TemplateError)
    expect(rendering).toThrow(expect.objectContaining({ line }))
  })
})

describe('checkTemplate', () => {
  test('finds nothing in a good template', () =>
    expect(checkTemplate('{% assign n = 1 %}{{ n }} {{ customer.traits.x }}')).toEqual([]))

  test.each([
    ['a\n {{ x | nope }}', 'bad_template', 2],
    ['{% if %}', 'bad_template', 1],
    ['a\nb {{ user.name }}', 'unknown_name', 2],
    ['{{ customer.firstName }}', 'unknown_name', 1],
    ['{{ entry.order_id }}', 'unknown_name', 1],
    ['{% render "x" %}', 'bad_template', 1],
    ['{{ unsubscribe_url }}', 'unknown_name', 1],
  ])('%j is a problem', (source, code, line) =>
    expect(checkTemplate(source)).toMatchObject([{ code, line }]),
  )

  test.each(['unsubscribeUrl', 'preferencesUrl'])('%s is known in messages alone', (name) => {
    expect(checkTemplate(`{{ ${name} }}`, 'message')).toEqual([])
    expect(checkTemplate(`{{ ${name} }}`, 'call')).toMatchObject([{ code: 'unknown_name' }])
  })
})

test('templateReads names what a template expects, as far as it is known', () => {
  const paths = templateReads('{{ customer.traits.a }}{{ entry.properties.products[0].id }}').map(
    ({ path }) => path.join('.'),
  )
  expect(paths.toSorted()).toEqual(['customer.traits.a', 'entry.properties.products'])
})

test('a channel fills in every text and keeps the shape', () => {
  const email = {
    subject: 'Hi\n {{ customer.traits.first_name }}',
    html: '{{ customer.traits.first_name }}',
  }
  expect(channelSpec('email').render(email, scope)).toEqual({
    subject: 'Hi <i>Ada</i>',
    html: '&lt;i&gt;Ada&lt;/i&gt;',
    // Made of the HTML, since none was written.
    text: '<i>Ada</i>',
  })
  const webhook = {
    url: 'https://a.example/{{ now }}',
    body: { a: ['{{ customer.lifecycle }}', 1, null] },
  }
  expect(channelSpec('webhook').render(webhook, scope)).toEqual({
    url: 'https://a.example/{{ now }}',
    body: { a: ['new', 1, null] },
  })
})
