import { createRoute } from '@hono/zod-openapi'
import { DomainError, type Finding } from '../../domain/errors.ts'
import { missingFacts } from '../../domain/facts/missing-facts.ts'
import { bookFindings } from '../../domain/journeys/compile-rule-book.ts'
import { playStory } from '../../domain/play-story.ts'
import { publishedAs } from '../../domain/simulation.ts'
import { rulesInPlay } from '../../operations/rules-in-play.ts'
import { versionsInPlay } from '../../operations/versions-in-play.ts'
import { body, json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { createRouter } from '../router.ts'
import { simulationSchema, toSimulation } from './simulate-answers.ts'
import { entryFindings, simulateBody, toStory } from './simulate-bodies.ts'

const simulate = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/simulate',
    summary: 'Play what would happen to one customer, under a virtual clock',
    description:
      'Drafts and live journeys together, on the very code that runs real customers. Nothing is stored and nothing is sent. The timeline is the one that `GET /v1/customers/{id}/timeline` would give for a test customer to whom the same happens.',
    tags: ['Journeys'],
    ...guard.ask('read'),
    request: { body: body(simulateBody) },
    responses: {
      200: json(simulationSchema, 'What would happen, newest first'),
      ...problems(400, 413, 415, 422),
    },
  })

export const simulateRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter().openapi(simulate(guard), async (c) => {
    const asked = c.req.valid('json')
    const story = toStory(asked)
    const { versions, warnings } = await versionsInPlay(deps, {
      definitions: asked.definitions,
      alone: asked.alone,
    })
    refuse(
      entryFindings(
        asked,
        versions.map(({ journey }) => journey),
      ),
    )
    const beside = await rulesInPlay(deps, asked)
    const rules = publishedAs(versions, beside.rules)
    refuse([
      ...missingFacts({ journeys: versions, ...beside.rules, audiences: [] }, beside.rules.facts),
      ...bookFindings(rules.book),
    ])
    const played = playStory(story, { rules, versions, contactMessages: beside.contactMessages })
    const all = [...warnings, ...beside.warnings]
    return c.json(toSimulation(deps, { story, played, versions, warnings: all }), 200)
  })

function refuse(findings: readonly Finding[]): void {
  if (findings.length > 0)
    throw new DomainError('unacceptable', 'This cannot be played with these journeys.', findings)
}
