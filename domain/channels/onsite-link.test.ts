import { expect, test } from 'vitest'
import { isOnsiteLink, isOnsiteLinkTemplate } from './onsite-link.ts'

test.each([
  ['https://shop.example/sale?a=1#b', true],
  ['HTTPS://shop.example', true],
  ['https://shop.example:8443/', true],
  ['/sale', true],
  ['/', true],
  ['sale', false],
  ['//evil.example/', false],
  ['/\\evil.example/', false],
  ['/\t/evil.example/', false],
  ['http://shop.example/', false],
  ['https://shop.example@evil.example/', false],
  ['https:shop.example', false],
  ['javascript:alert(1)', false],
  ['java\nscript:alert(1)', false],
  [' https://shop.example/', false],
  ['data:text/html,x', false],
  ['', false],
])('%j leads where a page may: %s', (link, isFine) => {
  expect(isOnsiteLink(link)).toBe(isFine)
  expect(isOnsiteLinkTemplate(link)).toBe(isFine)
})

test.each([
  ['/p/{{ entry.properties.product_id }}', true],
  ['/{{ entry.properties.path }}', true],
  ['https://shop.example/{{ entry.properties.path }}', true],
  ['https://shop.example?p={{ entry.properties.path }}', true],
  ['{{ entry.properties.url }}', false],
  ['https://{{ entry.properties.host }}/', false],
  ['https://shop.example{{ entry.properties.path }}', false],
  ['https://shop.example:{{ entry.properties.port }}/', false],
  ['{% if true %}javascript{% endif %}:alert(1)', false],
])('whatever the template %j prints: %s', (template, isFine) => {
  expect(isOnsiteLinkTemplate(template)).toBe(isFine)
})
