import { readdirSync, readFileSync } from 'node:fs'
import type { Journey } from '../domain/journeys/journey.ts'

const FOLDER = new URL('journeys/', import.meta.url)

/** The example journeys that the project carries, by key. */
export function readExampleJourneys(): Journey[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Journey)
}
