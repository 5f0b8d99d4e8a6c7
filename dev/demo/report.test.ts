import { describe, expect, test } from 'vitest'
import { figuresByJourney, mailsAfterReturn, type TimelineLine } from './figures.ts'
import { renderFigures, renderReport, renderStory } from './report.ts'

const line = (at: string, kind: string, summary: string, data = {}): TimelineLine => ({
  at,
  kind,
  summary,
  data,
})
const run = (journey: string, change: string, reason?: string): TimelineLine =>
  line('2026-12-03T13:49:00.000Z', 'run', `${change} ${journey}@1`, {
    journey,
    change,
    ...(reason === undefined ? {} : { reason }),
  })
const mail = (journey: string, status = 'sent', channel = 'email') => ({
  at: '2026-12-03T13:49:00.000Z',
  journey,
  channel,
  status,
})

const customers = [
  {
    timeline: [
      run('welcome', 'entered'),
      run('welcome', 'paused'),
      run('returns', 'entered'),
      run('returns', 'ended', 'completed'),
      run('welcome', 'resumed'),
      run('welcome', 'ended', 'sent back'),
      line('2026-12-03T13:49:00.000Z', 'deferred', 'queued birthday@1', {
        journey: 'birthday',
        until: 1,
      }),
      line('2026-12-04T13:49:00.000Z', 'deferred', 'birthday@1 left the queue', {
        journey: 'birthday',
      }),
    ],
    deliveries: [mail('welcome'), mail('returns'), mail('returns'), mail('welcome', 'dropped')],
  },
  {
    timeline: [
      run('sale', 'entered'),
      run('sale', 'ended', 'preempted'),
      run('welcome', 'ended', 'goal'),
      line('2026-12-03T13:49:00.000Z', 'step', 'welcome@1 · rest', { journey: 'welcome' }),
    ],
    deliveries: [mail('sale', 'sent', 'webhook')],
  },
]

describe('figuresByJourney', () => {
  test('counts what became of runs, queues and mails', () => {
    const figures = figuresByJourney(['returns', 'welcome', 'quiet'], customers)
    expect([...figures.keys()]).toEqual(['returns', 'welcome', 'quiet', 'birthday', 'sale'])
    expect(figures.get('welcome')).toEqual({
      entered: 1,
      completed: 1,
      endedEarly: 1,
      switched: 1,
      resumed: 1,
      queued: 0,
      mails: 1,
    })
    expect(figures.get('returns')).toMatchObject({ entered: 1, completed: 1, mails: 2 })
    expect(figures.get('birthday')).toMatchObject({ queued: 1, entered: 0 })
    expect(figures.get('sale')).toMatchObject({ entered: 1, switched: 1, endedEarly: 0, mails: 0 })
    expect(figures.get('quiet')).toMatchObject({ entered: 0 })
  })
})

describe('mailsAfterReturn', () => {
  const day = 24 * 3_600_000
  test('counts each mail once, from the instant of the return for seven days', () => {
    const mails = [-1, 0, 6 * day, 7 * day, 8 * day, 20 * day].map((atMs) => ({ atMs }))
    expect(mailsAfterReturn(mails, [0])).toBe(2)
    expect(mailsAfterReturn(mails, [0, 2 * day])).toBe(4)
    expect(mailsAfterReturn(mails, [])).toBe(0)
  })
})

test('the table is aligned and adds up', () => {
  expect(renderFigures(figuresByJourney(['welcome'], customers))).toBe(
    [
      'journey   entered  completed  ended early  switched away  resumed  queued  mails sent',
      '─────────────────────────────────────────────────────────────────────────────────────',
      'welcome         1          1            1              1        1       0           1',
      'returns         1          1            0              0        0       0           2',
      'birthday        0          0            0              0        0       1           0',
      'sale            1          0            0              1        0       0           0',
      '─────────────────────────────────────────────────────────────────────────────────────',
      'all             3          2            1              2        1       1           3',
    ].join('\n'),
  )
})

const timeline = [
  line('2026-12-07T09:00:00.000Z', 'delivery', 'Making the most of it'),
  line('2026-12-03T13:49:01.000Z', 'decision', 'Order Completed → enter welcome'),
  line('2026-12-03T13:49:00.000Z', 'event', 'Order Completed'),
]

test('a story is told oldest first, each day named once', () => {
  expect(renderStory(timeline)).toBe(
    [
      'Thu 2026-12-03  13:49  event     Order Completed',
      '                13:49  decision  Order Completed → enter welcome',
      'Mon 2026-12-07  09:00  delivery  Making the most of it',
    ].join('\n'),
  )
})

test('the report says what arbitration saved and where to look', () => {
  const text = renderReport({
    customers: 60,
    figures: figuresByJourney(['welcome'], customers),
    comparison: ['All is as it should be.'],
    afterReturn: { people: 21, sent: 0, withoutArbitration: 67 },
    story: { name: 'Ada Abel', timeline },
    links: [
      { label: 'Temporal UI', url: 'http://127.0.0.1:8233/' },
      { label: 'Outbox', url: 'http://127.0.0.1:3000/outbox' },
    ],
  })
  expect(text).toContain('  without arbitration  67\n  sent                 0\n')
  expect(text).toContain('The story of Ada Abel')
  expect(
    text.endsWith('Temporal UI  http://127.0.0.1:8233/\nOutbox       http://127.0.0.1:3000/outbox'),
  ).toBe(true)
})
