import { expect, test } from 'vitest'
import { journey, mail } from '../../test/support/journeys.ts'
import type { JsonValue } from '../json.ts'
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

const CALM = [
  { channels: ['email'], classes: ['marketing'], do: { replace: 'calm' } },
  { channels: ['email'], do: { replace: 'tea' } },
] as const

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
      policies: [],
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

test('so are texts that a webhook step sends, and messages of the contact policy', () => {
  const tell = (body: JsonValue): Journey => ({
    ...journey('telling'),
    start: 'tell',
    steps: {
      tell: { type: 'webhook', url: 'https://aroma.example/Aroma', body, next: 'done' },
      done: { type: 'exit' },
    },
  })
  const { messages: _, ...silent } = tell({ Aroma: ['Aroma', { name: 'For Aroma' }, 7] })
  const policy = { matrix: CALM, messages: { calm: mail('Aroma'), tea: mail('tea') } }
  const plan = planRenewal(
    { messages: [], journeys: [published(silent)], policies: [published(policy)] },
    SEARCH,
    hashOf,
  )
  const { messages: __, ...renewedSilent } = tell({ Aroma: ['Aura', { name: 'For Aura' }, 7] })
  expect(plan).toMatchObject({
    findings: [],
    journeys: [
      {
        mentions: [
          { path: '/steps/tell/body/Aroma/0' },
          { path: '/steps/tell/body/Aroma/1/name', before: 'For Aroma', after: 'For Aura' },
        ],
      },
    ],
    policies: [
      {
        kind: 'contact-policy',
        key: 'contact-policy',
        mentions: [
          { path: '/messages/calm/email/subject', before: 'Aroma', after: 'Aura' },
          { path: '/messages/calm/email/html' },
        ],
      },
    ],
  })
  expect(plan.journeys[0]?.renewed).toEqual(renewedSilent)
  expect(plan.policies[0]?.renewed).toEqual({
    matrix: CALM,
    messages: { calm: mail('Aura'), tea: mail('tea') },
  })
})

test('what a webhook step would send is checked too, also where nothing else is said', () => {
  const { messages: _, ...silent } = journey('telling', {
    start: 'tell',
    steps: {
      tell: { type: 'webhook', url: 'https://a.example/', body: 'Aroma', next: 'done' },
      done: { type: 'exit' },
    },
  })
  const { findings } = planRenewal(
    { messages: [], journeys: [published(silent)], policies: [] },
    { find: 'Aroma', replace: '{{ who }}' },
    hashOf,
  )
  expect(findings).toMatchObject([
    { code: 'unknown_name', path: '/journeys/telling/steps/tell/body' },
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
      policies: [published({ matrix: [CALM[0]], messages: { calm: mail('Aroma') } })],
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
    ['unknown_name', '/contact-policy/messages/calm/email/subject'],
    ['unknown_name', '/contact-policy/messages/calm/email/html'],
  ])
})
