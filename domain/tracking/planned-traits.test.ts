import { expect, test } from 'vitest'
import { cleanTraits } from '../customers/clean-traits.ts'
import type { JsonObject } from '../json.ts'
import { compileTrackingPlan } from './compile-tracking-plan.ts'

const { judgeTrait } = compileTrackingPlan({
  traits: {
    tier: { schema: { enum: ['gold', 'silver'] } },
    email: { schema: { type: 'string', pattern: '@example\\.com$' } },
    size: {},
  },
})
const plan = (said: JsonObject) => cleanTraits(said, { before: {}, judgeTrait })

test('sets aside what the plan does not allow, with what was said', () => {
  expect(plan({ tier: 'GOLD', size: 3, other: { any: 'thing' } })).toEqual({
    kept: { size: 3, other: { any: 'thing' } },
    findings: [
      {
        trait: 'tier',
        kind: 'setAside',
        problem: 'not_as_planned',
        value: 'GOLD',
        suggestion: null,
      },
    ],
    settled: ['size'],
  })
})

test('settles what was held against a trait when a good value comes, or none', () => {
  expect(plan({ tier: 'gold' })).toMatchObject({ findings: [], settled: ['tier'] })
  expect(plan({ tier: null })).toMatchObject({ kept: { tier: null }, settled: ['tier'] })
})

test('judges addresses as they are kept, and does not flag what it sets aside', () => {
  expect(plan({ email: ' info@EXAMPLE.com ' }).kept).toEqual({ email: 'info@example.com' })
  const { kept, findings, settled } = plan({ email: 'info@mailinator.com' })
  expect(kept).toEqual({})
  expect(findings.map(({ problem }) => problem)).toEqual(['not_as_planned'])
  expect(settled).toEqual([])
})
