import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkArbitrationRules } from '../decisioning/check-arbitration.ts'
import { TALLIES_MAX } from '../actor/customer-state.ts'
import { checkContactPolicy } from './check-policy.ts'
import { EXCLUSION_PRESETS } from './policy.ts'

const places = (document: unknown): string[] =>
  checkContactPolicy(document).findings.map(({ code, path }) => `${code} ${path}`)

const tired = (steps: readonly object[], parts: object = {}) => ({
  fatigue: [{ name: 'quiet', channel: 'email', reactions: ['Email Opened'], steps, ...parts }],
})

describe('checkContactPolicy', () => {
  test('an empty policy is one, and every preset stands for itself', () => {
    expect(places({})).toEqual([])
    expect(places({ exclusions: EXCLUSION_PRESETS.map((preset) => ({ preset })) })).toEqual([])
  })

  test.each([
    [{ zone: 'Mars/Base' }, 'unknown_zone /zone'],
    [{ quietHours: [{ from: '9pm', until: '08:00' }] }, 'bad_local_time /quietHours/0/from'],
    [
      { quietHours: [{ from: '21:00', until: '08:00', spread: 'soon' }] },
      'bad_duration /quietHours/0/spread',
    ],
    [
      {
        quietHours: [
          { from: '21:00', until: '08:00', unknownZone: { from: '20:00', until: '20:00' } },
        ],
      },
      'empty_window /quietHours/0/unknownZone/until',
    ],
    [{ caps: [{ name: 'a', max: 101, window: 'P1D' }] }, 'out_of_range /caps/0/max'],
    [{ caps: [{ name: 'a', max: 1, window: 'P1D', onCap: 'cry' }] }, 'unknown_value /caps/0/onCap'],
    [
      { caps: [{ name: 'a', max: 1, window: { calendar: 'year' } }] },
      'unknown_value /caps/0/window/calendar',
    ],
    [
      { exclusions: [{ preset: 'answerLate', after: { property: 'due', default: 'PT0S' } }] },
      'bad_duration /exclusions/0/after/default',
    ],
    [{ exclusions: [{ preset: 'grumpy' }] }, 'unknown_value /exclusions/0/preset'],
    [
      {
        exclusions: [
          {
            name: 'bad',
            open: [{ event: 'Bounced', when: "fact('lead_score') > 1" }],
            blocks: { channel: 'email', property: 'email' },
          },
        ],
      },
      'not_available /exclusions/0/open/0/when',
    ],
    [
      {
        exclusions: [{ preset: 'upset', decay: { property: 'x', halfLife: 'P1D', threshold: 0 } }],
      },
      'out_of_range /exclusions/0/decay/threshold',
    ],
    [
      {
        exclusions: [{ preset: 'tooManyCalls', beyond: { window: 'P1D', max: 1, deviations: 2 } }],
      },
      'contradictory_fields /exclusions/0/beyond',
    ],
    [
      { exclusions: [{ preset: 'tooManyCalls', beyond: { window: 'P1Y', max: 1 } }] },
      'window_too_long /exclusions/0/beyond/window',
    ],
    [{ exclusions: [{ preset: 'upset' }, { preset: 'upset' }] }, 'duplicate_name /exclusions/1'],
    [
      { exclusions: [{ name: 'a', while: "customer.traits.email == 'a'" }] },
      'personal_trait /exclusions/0/while',
    ],
    [
      { exclusions: [{ name: 'a', open: [{ event: 'A', when: 'entry.properties.b' }] }] },
      'cel_unknown_name /exclusions/0/open/0/when',
    ],
    [{ groups: [{ name: 'a', when: 'event.properties.b' }] }, 'cel_unknown_name /groups/0/when'],
    [{ groups: [{ name: 'a', when: '1 + 1' }] }, 'not_boolean /groups/0/when'],
    [{ groups: [{ name: 'a' }, { name: 'b' }] }, 'unreachable_group /groups/1'],
    [{ matrix: [{ do: 'drop' }, { classes: ['service'], do: 'send' }] }, 'shadowed_rule /matrix/1'],
    [
      { capacities: { desk: { contactsPerThousand: 0, handlingTime: 'PT1M' } } },
      'out_of_range /capacities/desk/contactsPerThousand',
    ],
    [{ throttles: [{ channel: 'email', perSecond: 0 }] }, 'out_of_range /throttles/0/perSecond'],
    [
      {
        exclusions: [
          { name: 'busy', open: [{ event: 'Call' }], beyond: { max: TALLIES_MAX, window: 'P7D' } },
        ],
      },
      'out_of_range /exclusions/0/beyond/max',
    ],
    [
      tired([{ afterUnanswered: 5, stop: true }], { reactions: [] }),
      'out_of_range /fatigue/0/reactions',
    ],
    [tired([{ afterUnanswered: 5, max: 1, per: 'soon' }]), 'bad_duration /fatigue/0/steps/0/per'],
    [tired([{ afterUnanswered: 5, max: 1, per: 'P1Y' }]), 'window_too_long /fatigue/0/steps/0/per'],
    [
      tired([
        { afterUnanswered: 5, max: 1, per: 'P14D' },
        { afterUnanswered: 5, stop: true },
      ]),
      'fatigue_not_rising /fatigue/0/steps/1',
    ],
    [
      tired([
        { afterUnanswered: 5, stop: true },
        { afterUnanswered: 6, max: 1, per: 'P14D' },
      ]),
      'fatigue_not_rising /fatigue/0/steps/1',
    ],
    [
      tired([
        { afterUnanswered: 5, max: 1, per: 'P14D' },
        { afterUnanswered: 6, max: 1, per: 'P7D' },
      ]),
      'fatigue_not_rising /fatigue/0/steps/1',
    ],
    [
      tired([{ afterUnanswered: 5, stop: true }], { reactions: ['Email Opened by Machine'] }),
      'machine_reaction /fatigue/0/reactions/0',
    ],
    [
      {
        fatigue: ['a', 'b', 'c'].map((name) => ({
          ...tired([{ afterUnanswered: 70, stop: true }]).fatigue[0],
          name,
        })),
      },
      'caps_too_large /fatigue',
    ],
    [
      { warmUp: { 'a.example': { from: '2026-12-01', perDay: [1] } } },
      'bad_instant /warmUp/a.example/from',
    ],
    [
      { warmUp: { 'a.example': { from: '2026-12-01T00:00:00Z', perDay: [-1] } } },
      'out_of_range /warmUp/a.example/perDay/0',
    ],
    [
      {
        quietHours: [
          { from: '00:00', until: '12:00' },
          { from: '12:00', until: '00:00' },
        ],
      },
      'no_time_left /quietHours/1',
    ],
  ])('%j', (document, expected) => {
    expect(places(document)).toEqual([expected])
  })

  test('quiet hours that leave a class its day are no end of it for the others', () => {
    const night = { from: '08:00', until: '07:59' }
    expect(
      places({
        quietHours: [
          { ...night, classes: ['marketing'] },
          { from: '07:00', until: '09:00', classes: ['service'] },
        ],
      }),
    ).toEqual([])
  })

  test('hours that are longer for those whose clock nobody knows must leave them some, too', () => {
    const night = { from: '20:00', until: '08:00' }
    const morning = { windows: [{ from: '08:30', until: '10:00' }] }
    const { policy, findings } = checkContactPolicy({ quietHours: [night], sendWindows: [morning] })
    expect(findings).toMatchObject([
      { code: 'no_time_left', path: '/sendWindows/0', severity: 'warning' },
    ])
    expect(policy).not.toBeNull()
    const unknownZone = { from: '20:00', until: '09:30' }
    expect(places({ quietHours: [{ ...night, unknownZone }], sendWindows: [morning] })).toEqual([])
  })

  test('one bad rule does not hide what is wrong with the others', () => {
    expect(
      places({
        caps: [{ name: 'a' }, { name: 'b', max: 1, window: 'soon' }],
        groups: [{ title: 'x' }],
        matrix: [{ groups: ['whoever'], do: 'send' }],
      }),
    ).toEqual(expect.arrayContaining(['missing_field /caps/0/max', 'bad_duration /caps/1/window']))
  })

  test('names the nearest field where one is misspelt', () => {
    expect(checkContactPolicy({ cap: [] }).findings).toMatchObject([
      { code: 'unknown_field', message: expect.stringContaining('do you mean "caps"?') },
    ])
    expect(
      checkContactPolicy({ caps: [{ name: 'a', max: 1, window: 'P1D', onCapp: 'skip' }] }).findings,
    ).toMatchObject([{ message: expect.stringContaining('do you mean "onCap"?') }])
  })
})

describe('checkArbitrationRules', () => {
  test.each([
    [{ dwell: 'P0D' }, 'bad_duration /dwell'],
    [{ switches: { max: 2, within: '7 days' } }, 'bad_duration /switches/within'],
    [{ switches: { max: -1, within: 'P7D' } }, 'out_of_range /switches/max'],
    [{ propensity: 2 }, 'out_of_range /propensity'],
    [{ marge: 1 }, 'unknown_field /marge'],
    [{ context: [{ name: 'a', when: 'true', multiply: 0 }] }, 'out_of_range /context/0/multiply'],
    [{ context: [{ name: 'a', when: 'has(', multiply: 2 }] }, 'cel_syntax /context/0/when'],
    [
      {
        context: [
          { name: 'a', when: 'true', multiply: 2 },
          { name: 'a', when: 'false', multiply: 2 },
        ],
      },
      'duplicate_name /context/1/name',
    ],
  ])('%j', (document, expected) => {
    const { findings } = checkArbitrationRules(document)
    expect(findings.map(({ code, path }) => `${code} ${path}`)).toEqual([expected])
  })
})

/** Names of a policy around values of any kind, so that the checks behind the schema are reached. */
const POLICY_NAMES = ['caps', 'quietHours', 'sendWindows', 'groups', 'matrix', 'messages'].concat(
  ['exclusions', 'capacities', 'throttles', 'warmUp', 'zone', 'margin', 'context', 'dwell'],
  ['name', 'when', 'from', 'until', 'window', 'max', 'do', 'open', 'beyond', 'preset', 'windows'],
)
const anyDocument = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.constantFrom('P1D', '21:00', 'email', 'marketing', 'drop', 'true', 'upset'),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...POLICY_NAMES), fc.string()), tie('value'), {
      maxKeys: 5,
    }),
  ),
})).value

test('whatever is sent, the checkers have an answer, and take nothing with an error in it', () => {
  fc.assert(
    fc.property(fc.oneof(anyDocument, fc.jsonValue()), (document) => {
      const policy = checkContactPolicy(document)
      const arbitration = checkArbitrationRules(document)
      const hasError = (findings: typeof policy.findings) =>
        findings.some(({ severity }) => severity === 'error')
      expect(policy.policy === null).toBe(hasError(policy.findings))
      expect(arbitration.rules === null).toBe(hasError(arbitration.findings))
    }),
    { numRuns: 500 },
  )
})
