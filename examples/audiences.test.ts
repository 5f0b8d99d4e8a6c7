import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkAudience } from '../domain/audiences/check-audience.ts'
import { checkJourney } from '../domain/journeys/journey-problems.ts'

const folder = new URL('audiences/', import.meta.url)
const read = (name: string, base: URL): unknown =>
  JSON.parse(readFileSync(new URL(name, base), 'utf8'))

test.each(readdirSync(folder))('%s can be published, and is named after its key', (file) => {
  const document = read(file, folder)
  expect(checkAudience(document)).toEqual({ audience: document, findings: [] })
  expect(document).toMatchObject({ key: file.replace('.json', '') })
})

test('delayed-product.json can be published, and names an audience that is there', () => {
  const definition = read('delayed-product.json', new URL('.', import.meta.url))
  const { journey, findings } = checkJourney(definition)
  expect(findings).toEqual([])
  expect(readdirSync(folder)).toContain(`${journey?.entry.audience?.key}.json`)
})
