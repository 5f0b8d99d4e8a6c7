import { expect, test } from 'vitest'
import { renderGovernance } from './governance-report.ts'

test('says what was kept back and what went out, most valuable first', () => {
  const text = renderGovernance({
    complaint: { sentWhileOpen: 0, held: 1, sentWhenClosed: 1 },
    stop: {
      customers: 40,
      sentBefore: 7,
      answeredMs: 12.4,
      sentTwoSecondsLater: 0,
      parked: 33,
      sentInTheEnd: 40,
      twice: 0,
      resumedSeconds: 2.34,
    },
    capacity: {
      customers: 12,
      free: 5,
      sentFirst: new Map([
        [10, 0],
        [20, 1],
        [30, 4],
      ]),
      sentInTheEnd: 12,
    },
  })
  expect(text.split('\n').slice(2)).toEqual([
    'A complaint in the middle of a wait',
    '  while it was open      0 sent, 1 held',
    '  when it was closed     1 sent',
    'A stop in the middle of sending to 40 customers, answered in 12 ms',
    '  until two seconds later  7 sent',
    '  from then on             0 sent, 33 parked',
    '  resumed                  40 sent in all, 0 customers twice, after 2.3 s',
    'A contact centre that can take 5 of 12 calls',
    '  with that              4 worth 30, 1 worth 20, 0 worth 10',
    '  with more agents       12 sent in all',
  ])
})
