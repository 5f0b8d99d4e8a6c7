import { beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { addDuration } from '../domain/time.ts'
import { createTestApi, type TestApi } from './support/api.ts'
import { simulationOf } from './support/play-scenario.ts'
import { SCENARIO_ARBITRATION, SCENARIO_CONTACT, SCENARIOS } from './support/scenarios.ts'
import type { TimelineLine } from './support/test-customer.ts'

const START_MS = Date.parse('2026-11-02T08:17:23Z')

/** The stories of `test/e2e/simulator-equality.test.ts`, on the simulator alone. */
describe('the scenarios', () => {
  let api: TestApi
  beforeAll(async () => {
    const { db } = await connectEmbedded()
    await migrate(db)
    api = await createTestApi(db)
    for (const { journeys } of SCENARIOS)
      for (const journey of journeys('http://127.0.0.1:9/')) {
        const call = `POST /v1/journeys/${journey.key}/versions`
        const answer = await api.request(call, { body: journey })
        expect(answer.status, await answer.text()).toBe(201)
      }
    for (const [path, body] of [
      ['/v1/contact-policy', SCENARIO_CONTACT],
      ['/v1/arbitration', SCENARIO_ARBITRATION],
    ] as const) {
      const answer = await api.request(`PUT ${path}`, { body })
      expect(answer.status, await answer.text()).toBe(201)
    }
  })

  test.each(SCENARIOS)('$name', async (scenario) => {
    const body = simulationOf(scenario, {
      customerId: 'someone',
      createdAtMs: START_MS,
      consentAtMs: START_MS,
      actsAtMs: scenario.acts.map(({ after }) => addDuration(START_MS, after)),
      untilMs: addDuration(START_MS, scenario.until),
    })
    const answer = await api.request('POST /v1/journeys/simulate', { body })
    const said = (await answer.json()) as { timeline: TimelineLine[] }
    expect(answer.status, JSON.stringify(said)).toBe(200)
    const summaries = said.timeline.map(({ summary }) => summary)
    const missing = scenario.shows.filter((summary) => !summaries.includes(summary))
    expect(missing, summaries.toReversed().join('\n')).toEqual([])
  })
})
