import { journey, mailsAndWaits } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

const again = { mode: 'afterExit' } as const

/** Arbitration as it is published. */
export const WEIGHING_SCENARIOS: readonly Scenario[] = [
  {
    name: 'published arbitration: what multiplies a journey’s worth decides, by how much it must be worth more',
    traits: { weighing: 'cold' },
    arbitration: {
      margin: 0.5,
      context: [
        {
          name: 'hot',
          when: "customer.traits.weighing == 'hot'",
          multiply: 3,
          journeys: ['weighed-b'],
        },
      ],
    },
    journeys: () =>
      (
        [
          ['a', 10, 'Weighed Together'],
          ['b', 9, 'Weighed Together'],
          ['near', 14, 'Weighed Near'],
          ['far', 16, 'Weighed Far'],
        ] as const
      ).map(([key, value, event]) =>
        journey(`weighed-${key}`, {
          arbitration: { mode: 'auto', value },
          entry: { on: [{ event }], reentry: again },
          steps: mailsAndWaits('P5D'),
        }),
      ),
    acts: [
      { after: 'PT1H', event: 'Weighed Together' },
      { after: 'P2D', event: 'Weighed Near' },
      { after: 'P3D', event: 'Weighed Far' },
      { after: 'P20D', identify: { weighing: 'hot' } },
      { after: 'P20DT1H', event: 'Weighed Together' },
    ],
    until: 'P40D',
    shows: [
      'Weighed Together → enter weighed-a',
      'Weighed Near → stay in weighed-a',
      'Weighed Far → switch from weighed-a to weighed-far',
      'Weighed Together → enter weighed-b',
    ],
  },
]
