import { expect, test } from 'vitest'
import type { Message } from './journey.ts'
import { inLocale, localeOf, writtenIn } from './message-contents.ts'

const sms = (text: string) => ({ sms: { text } })
const MESSAGE: Message = {
  needs: 'centre',
  ...sms('hello'),
  push: { title: 'Hello', text: 'hello' },
  locales: {
    es: { ...sms('hola'), push: { title: 'Hola', text: 'hola' } },
    pt: sms('olá'),
    'pt-BR': { push: { title: 'Oi', text: 'oi' } },
  },
}

test.each([
  [null, 'hello', 'Hello', null],
  ['de', 'hello', 'Hello', null],
  ['es', 'hola', 'Hola', 'es'],
  ['es-MX', 'hola', 'Hola', 'es'],
  ['pt-BR', 'olá', 'Oi', 'pt'],
  ['pt_br', 'olá', 'Oi', 'pt'],
  ['pt-PT', 'olá', 'Hello', 'pt'],
])('who reads %s is sent %j by SMS and %j as a notification', (locale, text, title, tag) => {
  const read = inLocale(MESSAGE, locale)
  expect(read).toMatchObject({ needs: 'centre', sms: { text }, push: { title } })
  expect(read).not.toHaveProperty('locales')
  expect(writtenIn(MESSAGE, 'sms', locale)).toBe(tag)
})

test.each([
  [{ locale: 'pt-BR', language: 'es' }, 'pt-BR'],
  [{ language: 'es' }, 'es'],
  [{ locale: 7 }, null],
  [{}, null],
])('of %j the language is %j', (traits, locale) => {
  expect(localeOf(traits)).toBe(locale)
})
