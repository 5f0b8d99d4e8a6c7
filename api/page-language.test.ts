import { expect, test } from 'vitest'
import { pageLanguage } from './page-language.ts'

const wishes = { query: undefined, traits: [], acceptLanguage: undefined }

test.each([
  ['?lang= comes first', { query: 'pt', traits: ['es'], acceptLanguage: 'en' }, 'pt'],
  ['then what is known of the customer', { traits: [undefined, 'es-MX'] }, 'es'],
  ['however it is spelt', { traits: [' PT_br'] }, 'pt'],
  ['then the browser, by weight', { acceptLanguage: 'de, en;q=0.5, es-AR;q=0.8' }, 'es'],
  ['what the browser rules out is no wish', { acceptLanguage: 'es;q=0, pt;q=0.1' }, 'pt'],
  ['what there is not is passed over', { query: 'fr', traits: [7, 'Spanish'] }, 'en'],
  ['a language that only begins alike is another', { query: 'est' }, 'en'],
  ['without a wish it is English', { acceptLanguage: '*' }, 'en'],
] as const)('%s', (_, given, language) => {
  expect(pageLanguage({ ...wishes, ...given })).toBe(language)
})
