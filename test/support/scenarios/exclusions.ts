import { journey, mailsAndWaits } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

const again = { mode: 'afterExit' } as const
const complaint = { complaint_id: 'c1' }

/** Why somebody is not to be contacted, opened and ended in every way. */
export const EXCLUSION_SCENARIOS: readonly Scenario[] = [
  {
    name: 'row 6: a complaint in the middle of a wait holds marketing alone; its end is arbitrated, then the mail goes out',
    contact: { exclusions: [{ preset: 'complaintOpen' }] },
    journeys: () => [
      journey('complains', {
        arbitration: { mode: 'manual', rank: 500 },
        entry: { on: [{ event: 'Complains Begun' }], reentry: again },
        steps: {
          ...mailsAndWaits('P2D'),
          bye: { type: 'message', message: 'bye', next: 'quiet' },
          quiet: { type: 'wait', for: 'P1D', next: 'done' },
        },
      }),
      journey('complains-later', {
        entry: { on: [{ event: 'Complains Later' }], reentry: again },
        queueFor: 'P9D',
        steps: mailsAndWaits('P1D'),
      }),
      journey('complains-parcel', {
        class: 'service',
        lane: 'service',
        entry: { on: [{ event: 'Complains Parcel' }], reentry: again },
        steps: mailsAndWaits('PT1H'),
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Complains Begun' },
      { after: 'P1D', event: 'Complaint Opened', properties: complaint },
      { after: 'P1DT1H', event: 'Complains Later' },
      { after: 'P2DT12H', event: 'Complains Parcel' },
      { after: 'P3D', event: 'Complaint Closed', properties: { complaint_id: 'another' } },
      { after: 'P4D', event: 'Complaint Closed', properties: complaint },
    ],
    until: 'P9D',
    shows: [
      'excluded: complaintOpen',
      'Complains Later → stay in complains, queue complains-later',
      'left complains-parcel@1: completed',
      'no longer excluded: complaintOpen',
      'end of the exclusion complaintOpen → stay in complains',
      'complains@1 · bye by email: sent',
      'left complains-later@1: completed',
    ],
  },
  {
    name: 'row 6: a complaint that outlasts the message drops it, and the journey goes on',
    contact: {
      exclusions: [{ preset: 'complaintOpen', name: 'long', open: [{ event: 'Long Complained' }] }],
    },
    journeys: () => [
      journey('complains-long', {
        entry: { on: [{ event: 'Long Begun' }], reentry: again },
        steps: mailsAndWaits('P2D'),
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Long Begun' },
      { after: 'P1D', event: 'Long Complained', properties: complaint },
    ],
    until: 'P9D',
    shows: ['complains-long@1 · bye by email: dropped', 'left complains-long@1: completed'],
  },
  {
    name: 'row 6: who is excluded is queued, and let in when the exclusion ends by itself',
    contact: { exclusions: [{ name: 'cooling', open: [{ event: 'Cooling Wanted' }], for: 'P2D' }] },
    journeys: () => [
      journey('cooled', {
        entry: { on: [{ event: 'Cooled Begun' }], reentry: again },
        queueFor: 'P5D',
        steps: mailsAndWaits('P1D'),
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Cooling Wanted' },
      { after: 'PT2H', event: 'Cooled Begun' },
    ],
    until: 'P5D',
    shows: ['excluded: cooling', 'entered cooled@1 on Cooled Begun', 'left cooled@1: completed'],
  },
  {
    name: 'exclusions that end by time: after so long, when a feeling has faded, a promise that was not kept',
    contact: {
      exclusions: [
        { name: 'storm', open: [{ event: 'Storm Broke' }], for: 'P2D' },
        {
          preset: 'upset',
          open: [{ event: 'Storm Felt' }],
          decay: { property: 'intensity', halfLife: 'P1D', threshold: 0.3 },
        },
        {
          preset: 'answerLate',
          open: [{ event: 'Storm Asked' }],
          close: [{ event: 'Storm Answered' }],
        },
      ],
    },
    journeys: () => [
      journey('storm', {
        entry: { on: [{ event: 'Storm Begun' }], reentry: again },
        steps: mailsAndWaits('P1D'),
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Storm Begun' },
      { after: 'PT2H', event: 'Storm Broke' },
      { after: 'P5D', event: 'Storm Begun' },
      { after: 'P5DT1H', event: 'Storm Felt', properties: { intensity: 0.9 } },
      { after: 'P9D', event: 'Storm Felt', properties: { intensity: 0.2 } },
      { after: 'P10D', event: 'Storm Asked', properties: { complaint_id: 'kept' } },
      { after: 'P11D', event: 'Storm Answered', properties: { complaint_id: 'kept' } },
      { after: 'P12D', event: 'Storm Asked', properties: { complaint_id: 'late' } },
      { after: 'P13DT12H', event: 'Storm Begun' },
      { after: 'P15D', event: 'Storm Answered', properties: { complaint_id: 'late' } },
    ],
    until: 'P20D',
    shows: [
      'no longer excluded: storm',
      'no longer excluded: upset',
      'excluded: answerLate',
      'no longer excluded: answerLate',
      'storm@1 · bye by email: sent',
    ],
  },
  {
    name: 'an exclusion as long as a condition holds, for relationship too, not for service',
    contact: {
      exclusions: [
        {
          name: 'press',
          while: 'customer.traits.press == true',
          scope: { classes: ['marketing', 'relationship'] },
        },
      ],
    },
    journeys: () =>
      (['marketing', 'relationship', 'service'] as const).map((kind) =>
        journey(`press-${kind}`, {
          class: kind,
          entry: { on: [{ event: `Press ${kind}` }], reentry: again },
          queueFor: 'P9D',
          steps: mailsAndWaits('PT1H'),
        }),
      ),
    acts: [
      { after: 'PT1H', identify: { press: true } },
      { after: 'PT2H', event: 'Press marketing' },
      { after: 'PT3H', event: 'Press relationship' },
      { after: 'PT4H', event: 'Press service' },
      { after: 'P1D', identify: { press: false } },
    ],
    until: 'P5D',
    shows: [
      'excluded: press',
      'left press-service@1: completed',
      'left press-marketing@1: completed',
      'left press-relationship@1: completed',
    ],
  },
]
