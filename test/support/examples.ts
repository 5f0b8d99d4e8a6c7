import { readFileSync } from 'node:fs'
import { readExampleJourneys } from '../../examples/read-journeys.ts'
import type { Journey } from '../../domain/journeys/journey.ts'

/** A document that the project carries, such as `case-rules.json`. */
export const readExample = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8')) as T

/** All example journeys; systems of the shop that they call are found at `url` instead. */
export const examplesCalling = (url: string): Journey[] =>
  readExampleJourneys().map(
    (journey) =>
      JSON.parse(
        JSON.stringify(journey).replaceAll(/https:\/\/(shop|helpdesk)\.example/g, url),
      ) as Journey,
  )
