import { describe, expect, test } from 'vitest'
import { arbitrate } from './arbitrate.ts'
import type { ArbitrationRequest, Candidate, Cause } from './arbitration.ts'
import { describeScore, explain } from './explain.ts'

const AT_MS = Date.parse('2026-12-10T10:00:00Z')
const DAY_MS = 86_400_000

const candidate = (journey: string, parts: Partial<Candidate> = {}): Candidate => ({
  candidateId: journey,
  source: 'trigger',
  journey,
  version: 2,
  hash: journey,
  class: 'marketing',
  arbitration: { mode: 'auto', value: 12 },
  qualifiedAtMs: AT_MS,
  queueForMs: null,
  expiresAtMs: null,
  runId: null,
  barred: null,
  ...parts,
})
const request = (parts: Partial<ArbitrationRequest>): ArbitrationRequest => ({
  decisionId: 'd1',
  customerId: 'c1',
  test: false,
  atMs: AT_MS,
  bookHash: 'b',
  cause: { type: 'event', event: 'Order Completed', seq: 7 },
  active: null,
  pausedRuns: 0,
  candidates: [],
  autoSwitchesAtMs: [],
  ...parts,
})
const words = (parts: Partial<ArbitrationRequest>) => {
  const asked = request(parts)
  return explain(asked, arbitrate(asked))
}

describe('explain', () => {
  test('says what happened, who was there, why one won, why others did not, and what made room', () => {
    const sentences = words({
      active: {
        runId: 'r1',
        journey: 'welcome',
        version: 3,
        arbitration: { mode: 'auto', value: 5, lever: 2 },
        activeSinceMs: AT_MS - 5 * DAY_MS,
        locked: false,
        onPreempt: 'pause',
      },
      pausedRuns: 1,
      candidates: [
        candidate('second-purchase', { arbitration: { mode: 'auto', value: 40 } }),
        candidate('birthday', { source: 'deferred', expiresAtMs: AT_MS + DAY_MS }),
        candidate('win-back', { source: 'paused' }),
        candidate('sale', {
          barred: { gate: 'entry', reason: 'Its entry condition does not hold.' },
        }),
      ],
    })
    expect(sentences).toEqual([
      '“Order Completed” happened. (2026-12-10 10:00 UTC)',
      'welcome@3 was running since 2026-12-05 10:00 UTC (chance 10 % × worth 5 × lever 2 = 1). Besides: 1 journey paused.',
      'sale@2 qualified now (chance 10 % × worth 12 × lever 1 = 1.2) and falls out. Does its entry condition hold? Its entry condition does not hold.',
      'second-purchase@2 qualified now (chance 10 % × worth 40 × lever 1 = 4) and wins. Best of all that may start.',
      'birthday@2 was waiting in the queue (chance 10 % × worth 12 × lever 1 = 1.2) and waits until 2026-12-11 10:00 UTC. Does another one come first? second-purchase comes first.',
      'win-back@2 was paused (chance 10 % × worth 12 × lever 1 = 1.2) and stays paused. Does another one come first? second-purchase comes first.',
      'welcome is paused, and may be taken up again where it stands.',
    ])
  })

  test('names a rank where people have chosen, and a lock where one holds', () => {
    const sentences = words({
      active: {
        runId: 'r1',
        journey: 'returns',
        version: 1,
        arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
        activeSinceMs: AT_MS,
        locked: true,
        onPreempt: 'pause',
      },
      candidates: [candidate('birthday', { arbitration: { mode: 'manual', rank: 500 } })],
    })
    expect(sentences.slice(1)).toEqual([
      'returns@1 was running since 2026-12-10 10:00 UTC (rank 900, by hand). It holds the customer against others.',
      expect.stringMatching(
        /^birthday@2 qualified now \(rank 500, by hand\) and falls out\. Is the customer held by another journey\? .*returns/,
      ),
    ])
  })

  test('has a sentence for every cause', () => {
    const causes: Cause[] = [
      { type: 'event', event: 'Signed Up', seq: 1 },
      { type: 'lifecycle', from: null, to: 'new' },
      { type: 'lifecycle', from: 'new', to: 'prospect' },
      { type: 'run_ended', journey: 'welcome', reason: 'goal' },
      { type: 'date', trait: 'birthday' },
      { type: 'lock_released', journey: 'returns' },
      { type: 'step_finished', journey: 'welcome' },
      { type: 'exclusion_released', reason: 'complaint' },
      { type: 'sends_released', reason: 'mail server is back' },
    ]
    expect(causes.map((cause) => words({ cause })[0]?.replace(/ \(.*/, ''))).toEqual([
      '“Signed Up” happened.',
      'The customer is new.',
      'The customer is prospect now, and was new.',
      'welcome is over: goal.',
      'The date in “birthday” has come.',
      'returns no longer holds the customer.',
      'welcome has finished the step that others waited for.',
      'The customer may be contacted again: complaint.',
      'Messages that were held back may go out: mail server is back.',
    ])
  })

  test('shows the parts of a score, those too that multiply by a rule', () => {
    const score = { propensity: 0.004, context: 3, value: 2.5, lever: 1, total: 0.0303 }
    expect(describeScore(score)).toBe('chance 0.4 % × context 3 × worth 2.5 × lever 1 = 0.03')
    expect(describeScore({ ...score, total: 0.00123, factors: { rain: 2, 'a hero': 1.5 } })).toBe(
      'chance 0.4 % × a hero 1.5 × rain 2 × worth 2.5 × lever 1 = 0.0012',
    )
  })
})
