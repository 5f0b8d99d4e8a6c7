import { expect, test } from 'vitest'
import { checkLibraryMessage } from './check-library-message.ts'

const SOUND = {
  key: 'hello',
  title: 'Hello',
  email: { subject: 'Hello', html: '<p>Hello</p>' },
  locales: { es: { email: { subject: 'Hola', html: '<p>Hola</p>' } } },
}

test('a sound message is taken as it is', () => {
  expect(checkLibraryMessage(SOUND)).toEqual({ message: SOUND, findings: [] })
})

test.each([
  ['nothing to say', { key: 'hello' }, 'empty_message', ''],
  ['a key that is none', { ...SOUND, key: 'Hello!' }, undefined, '/key'],
  ['a field that is none', { ...SOUND, colour: 'red' }, 'unknown_field', '/colour'],
  ['a broken text', { ...SOUND, sms: { text: '{{ x' } }, 'bad_template', '/sms/text'],
  [
    'a language that is none',
    { ...SOUND, locales: { english: SOUND.locales.es } },
    'bad_locale',
    '/locales/english',
  ],
  [
    'a tag in another spelling',
    { ...SOUND, locales: { pt_br: SOUND.locales.es } },
    'bad_locale',
    '/locales/pt_br',
  ],
  [
    'a channel that only some can read',
    { ...SOUND, locales: { es: { sms: { text: 'Hola' } } } },
    'no_default_content',
    '/locales/es/sms',
  ],
  [
    'a broken text in one language',
    { ...SOUND, locales: { es: { email: { subject: '{{ who }}', html: '' } } } },
    'unknown_name',
    '/locales/es/email/subject',
  ],
  ['a capacity that cannot be told', { ...SOUND, needs: 'Call Centre' }, 'bad_name', '/needs'],
])('%s is found, and where', (_, document, code, path) => {
  const { message, findings } = checkLibraryMessage(document)
  expect(message).toBeNull()
  expect(findings).toMatchObject([{ path, ...(code === undefined ? {} : { code }) }])
})

test.each([null, [], 'text', 7, { locales: 7 }, { key: 'a', locales: { es: null } }])(
  '%j is refused',
  (document) => {
    expect(checkLibraryMessage(document)).toMatchObject({ message: null })
  },
)
