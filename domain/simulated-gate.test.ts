import { describe, expect, test } from 'vitest'
import { contactRules } from '../test/support/contact-rules.ts'
import { journey } from '../test/support/journeys.ts'
import type { ContactRules } from './contact/policy.ts'
import { expandPreset } from './contact/presets.ts'
import { DEFAULT_LIFECYCLE_RULES } from './customers/lifecycle-rules.ts'
import { playStory } from './play-story.ts'
import { deliveriesOf } from './simulated-records.ts'
import type { LifeEvent } from './simulated-life.ts'
import { publishedAs } from './simulation.ts'

const START = Date.parse('2026-12-01T22:30:00Z')
const HOUR = 3_600_000

/** Mails at once and two days later. */
const welcome = journey('welcome', {
  steps: {
    hello: { type: 'message', message: 'hello', next: 'rest' },
    rest: { type: 'wait', for: 'P2D', next: 'bye' },
    bye: { type: 'message', message: 'bye', next: 'done' },
    done: { type: 'exit' },
  },
})

function play(
  rules: Partial<ContactRules>,
  untilMs = START + 14 * 24 * HOUR,
  later: readonly LifeEvent[] = [],
) {
  const versions = [{ journey: welcome, version: 1, hash: 'welcome', live: true }]
  const happening = (event: object): LifeEvent => ({ atMs: START, ...event }) as LifeEvent
  const { life, contents } = playStory(
    {
      customerId: 'c1',
      known: true,
      zone: 'Europe/London',
      createdAtMs: START,
      events: [
        happening({
          type: 'identify',
          traits: { email: 'a@x.example', timezone: 'Europe/London' },
        }),
        happening({
          type: 'consent',
          purpose: 'marketing',
          channel: 'email',
          granted: true,
          source: 'form',
        }),
        happening({ type: 'track', event: 'Signed Up', properties: {}, historical: false }),
        ...later,
      ],
      untilMs,
      answers: {},
    },
    {
      rules: publishedAs(versions, {
        lifecycle: DEFAULT_LIFECYCLE_RULES,
        contact: contactRules(rules),
      }),
      versions,
      contactMessages: { short: { email: { subject: 'Short', html: '<p>Short.</p>' } } },
    },
  )
  return {
    rows: deliveriesOf(life).map(
      ({ message, status, reason, atMs }) =>
        `${new Date(atMs).toISOString().slice(0, 16)} ${message} ${status} ${reason ?? ''}`,
    ),
    subjects: [...contents.values()].map(({ content }) =>
      content !== null && content !== undefined && 'subject' in content ? content.subject : null,
    ),
  }
}

const NIGHT: Partial<ContactRules> = {
  quietHours: [{ from: '22:00', until: '08:00', spread: 'PT1S' }],
}

describe('the gate in a simulation', () => {
  test('shows what is held, and then that it went out', () => {
    expect(play(NIGHT, START + HOUR).rows).toEqual(['2026-12-01T22:30 hello held quiet_hours'])
    expect(play(NIGHT).rows).toEqual(['2026-12-02T08:00 hello sent ', '2026-12-04T08:00 bye sent '])
  })

  test('shows what a cap skipped', () => {
    const caps = [{ name: 'weekly-mail', max: 1, window: 'P7D' }]
    expect(play({ caps }).rows).toEqual([
      '2026-12-01T22:30 hello sent ',
      '2026-12-03T22:30 bye skipped cap:weekly-mail',
    ])
  })

  test('shows what somebody does not get who reacts to nothing, and gets after a reaction', () => {
    const fatigue = [
      {
        name: 'quiet',
        channel: 'email' as const,
        reactions: ['Email Opened'],
        steps: [{ afterUnanswered: 1, stop: true as const }],
      },
    ]
    const opened: LifeEvent = {
      type: 'track',
      atMs: START + HOUR,
      event: 'Email Opened',
      properties: {},
      historical: false,
    }
    expect(play({ fatigue }).rows.at(-1)).toBe('2026-12-03T22:30 bye skipped fatigue:quiet')
    expect(play({ fatigue }, undefined, [opened]).rows.at(-1)).toBe('2026-12-03T22:30 bye sent ')
  })

  test('renders what the matrix sends instead', () => {
    const matrix = [{ do: { replace: 'short' } }]
    expect(play({ matrix }).subjects).toEqual(['Short', 'Short'])
  })

  test('sends nothing to an address that an event says is not to be used any more', () => {
    const exclusions = [expandPreset({ preset: 'hardBounce' })]
    const bounce: LifeEvent = {
      type: 'track',
      atMs: START + HOUR,
      event: 'Email Bounced',
      properties: { type: 'hard', email: 'A@X.example' },
      historical: false,
    }
    expect(play({ exclusions }, undefined, [bounce]).rows).toEqual([
      '2026-12-01T22:30 hello sent ',
      '2026-12-03T22:30 bye dropped address_blocked',
    ])
  })
})
