import { expect, test } from 'vitest'
import { journey, mail } from '../../test/support/journeys.ts'
import type { Journey } from '../journeys/journey.ts'
import { mentionsIn, renewed } from './mentions.ts'
import { taken, type LibraryMessage } from './library-message.ts'
import { planRenewal } from './plan-renewal.ts'

const SEARCH = { find: 'Aroma', replace: 'Aura' }
const hashOf = (content: object) => JSON.stringify(content).length.toString(16).padStart(64, '0')
const published = <D>(document: D, hash = '1'.repeat(64)) => ({ document, hash, version: 3 })

test.each([
  ['Aroma', 'Aroma and Aromatic, naroma: Aroma!', false, 'Aura and Aromatic, naroma: Aura!', 2],
  ['Aroma', 'Aromatic', true, 'Auratic', 1],
  ['aroma', 'Aroma', false, 'Aroma', 0],
  ['$5 (now)', 'for $5 (now)', false, 'for Aura', 1],
  ['Aroma', 'Señor Aromañ', false, 'Señor Aromañ', 0],
])('%s in "%s"', (find, text, withinWords, after, times) => {
  const search = { find, replace: 'Aura', withinWords }
  expect(renewed({ sms: { text } }, search)).toEqual({ sms: { text: after } })
  expect(mentionsIn('', { sms: { text } }, search).map((each) => each.times)).toEqual(
    times === 0 ? [] : [times],
  )
})

test('what stands for a mention is taken as it is written, and only in templates', () => {
  const message = {
    webhook: { url: 'https://aroma.example/Aroma', body: { Aroma: ['Aroma', 7] } },
    locales: { es: { sms: { text: 'Aroma' } } },
  }
  expect(renewed(message, { find: 'Aroma', replace: '$& {{ now }}' })).toEqual({
    webhook: { url: 'https://aroma.example/Aroma', body: { Aroma: ['$& {{ now }}', 7] } },
    locales: { es: { sms: { text: '$& {{ now }}' } } },
  })
})

test('a mention is shown with what stands around it', () => {
  const text = `${'a '.repeat(60)}Aroma\n  is here${' b'.repeat(60)}`
  const [mention] = mentionsIn('/messages/m', { sms: { text } }, SEARCH)
  expect(mention).toEqual({
    path: '/messages/m/sms/text',
    times: 1,
    before: `…${'a '.repeat(20)}Aroma is here${' b'.repeat(15)}…`,
    after: `…${'a '.repeat(20)}Aura is here${' b'.repeat(15)}…`,
  })
})

const LIBRARY: LibraryMessage = { key: 'hello', ...mail('Aroma says hello') }
const uses = (key: string, hash = '1'.repeat(64), document = LIBRARY): Journey =>
  journey(key, { messages: { hello: taken({ hash, document }), bye: mail('bye') } })

test('a message is renewed, with each journey that takes it, and whatever writes it itself', () => {
  const plan = planRenewal(
    {
      messages: [published(LIBRARY), published({ key: 'other', ...mail('tea') })],
      journeys: [
        published(uses('sharing')),
        published(journey('Aroma', {})),
        published(journey('tea')),
      ],
    },
    SEARCH,
    hashOf,
  )
  expect(plan.messages.map(({ key, renewed: draft }) => [key, draft])).toEqual([
    ['hello', { key: 'hello', ...mail('Aura says hello') }],
  ])
  const hash = hashOf({ key: 'hello', ...mail('Aura says hello') })
  expect(plan.journeys).toMatchObject([
    {
      key: 'sharing',
      takes: ['hello'],
      mentions: [],
      renewed: {
        messages: { hello: { use: 'hello', hash, ...mail('Aura says hello') }, bye: mail('bye') },
      },
    },
    {
      key: 'Aroma',
      takes: [],
      mentions: [
        { path: '/messages/hello/email/subject' },
        { path: '/messages/hello/email/html' },
        { path: '/messages/bye/email/subject' },
        { path: '/messages/bye/email/html' },
      ],
      renewed: { messages: { hello: mail('Aura'), bye: mail('Aura bye') } },
    },
  ])
})

test('all that is wrong with the drafts is said at once, under their keys', () => {
  const { findings } = planRenewal(
    {
      messages: [published(LIBRARY)],
      journeys: [
        published(uses('older', '2'.repeat(64))),
        published(journey('mine', { messages: { hello: mail('Aroma'), bye: mail('bye') } })),
      ],
    },
    { find: 'Aroma', replace: '{{ who }}' },
    hashOf,
  )
  expect(findings.map(({ code, path }) => [code, path])).toEqual([
    ['unknown_name', '/messages/hello/email/subject'],
    ['unknown_name', '/messages/hello/email/html'],
    ['older_version_used', '/journeys/older/messages/hello'],
    ['unknown_name', '/journeys/mine/messages/hello/email/subject'],
    ['unknown_name', '/journeys/mine/messages/hello/email/html'],
  ])
})
