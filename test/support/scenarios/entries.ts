import { journey, mail, mailsAndWaits } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

const DAY_MS = 86_400_000
const again = { mode: 'afterExit' } as const

/** Every way into a journey, and what keeps people out. */
export const ENTRY_SCENARIOS: readonly Scenario[] = [
  {
    name: 'a change of lifecycle, by an event and because nothing happened',
    traits: { story: 'lifecycle' },
    journeys: () =>
      (['occasional', 'at_risk'] as const).map((lifecycle) =>
        journey(`life-${lifecycle.replace('_', '-')}`, {
          entry: {
            on: [{ lifecycle, when: "customer.traits.story == 'lifecycle'" }],
            reentry: again,
          },
          steps: mailsAndWaits('P2D'),
        }),
      ),
    acts: [
      { after: 'PT1H', event: 'Order Completed', properties: { revenue: 20, order_id: 'o1' } },
    ],
    until: 'P400D',
    shows: [
      'entered life-occasional@1 on Lifecycle Changed',
      'entered life-at-risk@1 on Lifecycle Changed',
    ],
  },
  {
    name: 'row 12: entry on a date: before it, after it moved, every year, never in the past',
    traits: { story: 'dates', contract_end: '2199-06-01', joined: '2020-02-29' },
    journeys: () => [
      journey('contract', {
        entry: {
          on: [
            {
              date: 'contract_end',
              offset: '-P7D',
              at: '10:00',
              when: "customer.traits.story == 'dates'",
            },
          ],
          reentry: again,
        },
        steps: mailsAndWaits('P1D'),
      }),
      journey('anniversary', {
        entry: {
          on: [{ date: 'joined', yearly: true, when: "customer.traits.story == 'dates'" }],
          reentry: again,
        },
        steps: mailsAndWaits('P1D'),
      }),
    ],
    acts: [
      { after: 'P1D', identify: { contract_end: '2020-01-01' } },
      { after: 'P2D', identify: { contract_end: 'in P30D' } },
      { after: 'P3D', identify: { contract_end: 'in P40D' } },
    ],
    until: 'P800D',
    shows: ['entered contract@1 on Date Reached', 'entered anniversary@1 on Date Reached'],
  },
  {
    name: 'the end of another journey, with a reason and without',
    journeys: () => [
      journey('first', {
        entry: { on: [{ event: 'First Begun' }], reentry: again },
        exit: [{ event: 'First Left', reason: 'left' }],
        steps: mailsAndWaits('P1D'),
      }),
      journey('after-first', {
        entry: { on: [{ ended: 'first', reasons: ['completed'] }], reentry: again },
        steps: mailsAndWaits('P1D'),
      }),
      journey('after-leaving', {
        entry: { on: [{ ended: 'first', reasons: ['left'] }], reentry: again },
        steps: mailsAndWaits('P1D'),
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'First Begun' },
      { after: 'P5D', event: 'First Begun' },
      { after: 'P5DT1H', event: 'First Left' },
    ],
    until: 'P10D',
    shows: ['entered after-first@1 on Journey Ended', 'entered after-leaving@1 on Journey Ended'],
  },
  {
    name: 'on request, with properties that the messages see',
    journeys: () => [
      journey('requested', {
        entry: { on: [{ api: true, when: 'event.properties.amount > 10' }], reentry: again },
        steps: mailsAndWaits('P1D'),
        messages: { hello: mail('For {{ entry.properties.amount }}'), bye: mail('Bye') },
      }),
    ],
    acts: [
      { after: 'PT1H', enter: { journey: 'requested', properties: { amount: 5 } } },
      { after: 'PT2H', enter: { journey: 'requested', properties: { amount: 50 } } },
    ],
    until: 'P3D',
    shows: ['Journey Requested', 'entered requested@1 on Journey Requested'],
  },
  {
    name: 'not yet, not any more: when a journey may be entered',
    journeys: () => [
      journey('early', {
        valid: { from: '2190-01-01T00:00:00Z' },
        entry: { on: [{ event: 'Valid Begun' }], reentry: again },
      }),
      journey('gone', {
        valid: { until: '2020-01-01T00:00:00Z' },
        entry: { on: [{ event: 'Valid Begun' }], reentry: again },
      }),
    ],
    acts: [{ after: 'PT1H', event: 'Valid Begun' }],
    until: 'P1D',
    shows: ['Valid Begun → reject early, gone'],
  },
  {
    name: 'rows 2 and 8: what comes too late or from an import; two at one instant, an entry condition',
    traits: { plan: 'basic' },
    journeys: () => [
      ...['alpha', 'beta'].map((key) =>
        journey(`tie-${key}`, {
          entry: { on: [{ event: 'Tie' }], reentry: again },
          steps: mailsAndWaits('P1D'),
        }),
      ),
      journey('tie-gold', {
        arbitration: { mode: 'auto', value: 1_000 },
        entry: { on: [{ event: 'Tie' }], when: "customer.traits.plan == 'gold'", reentry: again },
      }),
    ],
    acts: [
      { after: 'P2D', event: 'Tie', lateMs: DAY_MS + 60_000 },
      { after: 'P3D', event: 'Tie', historical: true },
      { after: 'P4D', event: 'Tie', lateMs: DAY_MS - 60_000 },
      { after: 'P4DT1H', event: 'Unheard Of' },
    ],
    until: 'P10D',
    shows: ['Tie → enter tie-alpha', 'Unheard Of', 'left tie-alpha@1: completed'],
  },
]
