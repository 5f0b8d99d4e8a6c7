import { describe, expect, test } from 'vitest'
import type { TemplateScope } from '../templates.ts'
import type { Content } from './channel-spec.ts'
import { onsite } from './onsite.ts'

const content: Content<'onsite'> = { kind: 'popup', title: 'Hello', text: 'You' }
const found = (changes: Partial<Content<'onsite'>>) =>
  (onsite.findings?.('/messages/a/onsite', { ...content, ...changes }) ?? []).map(
    ({ code, path }) => `${code} ${path.replace('/messages/a/onsite', '')}`,
  )

describe('no personal data in a page', () => {
  test.each([
    '{{ customer.traits.firstName }}',
    "{{ customer['traits']['E-Mail'] }}",
    '{% if customer.traits.phone %}x{% endif %}',
    '{% for trait in customer.traits %}{{ trait }}{% endfor %}',
    '{{ customer.traits[entry.properties.which] }}',
    '{% assign who = customer %}{{ who.traits.email }}',
    '{{ customer.value }}',
    '{{ customer.consent.marketing }}',
    '{{ entry.properties.email }}',
    '{{ event.properties.name }}',
    '{{ entry.properties.customer.phone }}',
    '{% assign all = event.properties %}{{ all.email }}',
    '{{ answers.crm.body.email }}',
    '{{ unsubscribeUrl }}',
    '{{ preferencesUrl }}',
    '{{ confirmUrl }}',
  ])('%s', (template) => {
    expect(new Set(found({ title: template }))).toEqual(new Set(['personal_onsite /title']))
    expect(new Set(found({ text: `x {{ now }} ${template}` }))).toEqual(
      new Set(['personal_onsite /text']),
    )
    expect(new Set(found({ link: `/x?${template}` }))).toEqual(new Set(['personal_onsite /link']))
  })

  test.each([
    '{{ customer.traits.plan }}',
    '{{ customer.lifecycle }}',
    '{{ entry.name }}',
    '{{ entry.properties.category }}',
    '{{ entry.properties.product.name }}',
    "{{ counts['Product Viewed'] }}",
    '{{ answers.shop.body.discount }}',
    '{{ now | date: "%d" }}',
  ])('%s may stand there', (template) => {
    expect(found({ title: template, text: template, button: template })).toEqual([])
  })
})

test('a link that may lead elsewhere is refused, and so is no time at all', () => {
  expect(found({ link: '{{ entry.properties.url }}' })).toEqual(['unsafe_link /link'])
  expect(found({ expiresIn: 'PT0S' })).toEqual(['bad_duration /expiresIn'])
  expect(found({ link: 'https://shop.example/x', expiresIn: 'PT2H' })).toEqual([])
})

test('every text is a template, what shapes it is none', () => {
  const full = { ...content, link: '/x', button: 'Go', close: 'No', expiresIn: 'PT1H' }
  expect(
    onsite
      .templates('/m', full)
      .map(({ path }) => path)
      .toSorted(),
  ).toEqual(['/m/button', '/m/close', '/m/link', '/m/text', '/m/title'])
  const scope: TemplateScope = {
    customer: { traits: { plan: ' pro ' }, lifecycle: 'new', consent: {} },
    event: { name: 'A', properties: {}, occurredAt: '', receivedAt: '' },
    entry: { name: 'A', properties: {}, occurredAt: '', receivedAt: '' },
    counts: {},
    nowMs: 0,
    zone: 'UTC',
  }
  const title = 'Hello\n {{ customer.traits.plan }}'
  expect(onsite.render({ ...full, title }, scope)).toEqual({ ...full, title: 'Hello pro' })
})
