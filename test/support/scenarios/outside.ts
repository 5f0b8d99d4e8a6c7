import { journey, mail, mailsAndWaits } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

const done = { type: 'exit' } as const
const hello = { hello: mail('Hello'), bye: mail('Bye {{ customer.traits.firstName }}') }

/** Steps that reach out: messages, webhooks, events. */
export const OUTSIDE_SCENARIOS: readonly Scenario[] = [
  {
    name: 'emit: an event of a journey lets the customer into another',
    journeys: () => [
      journey('caller', {
        entry: { on: [{ event: 'Caller Begun' }] },
        start: 'call',
        steps: {
          call: {
            type: 'emit',
            event: 'Callee Wanted',
            properties: { by: 'caller', orders: { expr: "count('Caller Begun')" } },
            next: 'rest',
          },
          rest: { type: 'wait', for: 'PT2H', next: 'tell' },
          tell: { type: 'emit', event: 'Nobody Listens', next: 'done' },
          done,
        },
        messages: {},
      }),
      journey('callee', {
        arbitration: { mode: 'manual', rank: 5 },
        entry: { on: [{ event: 'Callee Wanted', when: "event.properties.by == 'caller'" }] },
        steps: mailsAndWaits('P1D'),
        messages: hello,
      }),
    ],
    traits: { firstName: 'Ana' },
    acts: [{ after: 'PT1H', event: 'Caller Begun' }],
    until: 'P5D',
    shows: [
      'Callee Wanted',
      'entered callee@1 on Callee Wanted',
      'resumed caller@1 at rest',
      'Nobody Listens',
    ],
  },
  {
    name: 'webhook: an answer that decides, a refusal',
    journeys: (url) => [
      journey('hooks', {
        entry: { on: [{ event: 'Hooks Begun' }] },
        start: 'ask',
        steps: {
          ask: {
            type: 'webhook',
            url: `${url}tier`,
            body: { who: '{{ entry.properties.who }}' },
            saveAs: 'tier',
            next: 'look',
          },
          look: {
            type: 'branch',
            cases: [
              {
                when: "answers.tier.status == 200 && answers.tier.body.tier == 'gold'",
                next: 'refused',
              },
            ],
            else: 'done',
          },
          refused: {
            type: 'webhook',
            url: `${url}gone`,
            saveAs: 'gone',
            next: 'done',
            onFail: 'failed',
          },
          failed: { type: 'exit', reason: 'no answer' },
          done,
        },
        messages: {},
      }),
    ],
    acts: [{ after: 'PT1H', event: 'Hooks Begun', properties: { who: 'Ana' } }],
    until: 'PT3H',
    shows: ['hooks@1 · ask: answered 200', 'left hooks@1: no answer'],
  },
  {
    name: 'message: one that cannot be written, one without an address, on to the next channel',
    traits: { email: '', firstName: 'Ana' },
    journeys: (url) => [
      journey('messages', {
        class: 'service',
        entry: { on: [{ event: 'Messages Begun' }], reentry: { mode: 'afterExit' } },
        start: 'broken',
        steps: {
          broken: { type: 'message', message: 'broken', next: 'done', onFail: 'other' },
          other: {
            type: 'message',
            message: 'other',
            channels: ['email', 'webhook'],
            next: 'unread',
          },
          unread: { type: 'message', message: 'hello', next: 'rest', onFail: 'failed' },
          failed: { type: 'exit', reason: 'nobody to write to' },
          rest: { type: 'wait', for: 'PT1H', next: 'done' },
          done,
        },
        messages: {
          broken: {
            webhook: { url: `${url}ok`, body: { text: '{{ entry.properties.missing }}' } },
          },
          other: {
            email: { subject: 'Other', html: 'Other' },
            webhook: { url: `${url}ok`, body: {} },
          },
          hello: mail('Hello'),
        },
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Messages Begun' },
      { after: 'PT2H', identify: { email: 'ana@example.com' } },
      { after: 'PT3H', event: 'Messages Begun' },
    ],
    until: 'PT8H',
    shows: [
      'messages@1 · broken by webhook: failed',
      'left messages@1: nobody to write to',
      'messages@1 · other by webhook: sent',
      'messages@1 · other by email: sent',
    ],
  },
]
