import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkAudience } from '../domain/audiences/check-audience.ts'
import { readExampleJourneys } from './read-journeys.ts'

const folder = new URL('audiences/', import.meta.url)
const read = (name: string, base: URL): unknown =>
  JSON.parse(readFileSync(new URL(name, base), 'utf8'))

test.each(readdirSync(folder))('%s can be published, and is named after its key', (file) => {
  const document = read(file, folder)
  expect(checkAudience(document)).toEqual({ audience: document, findings: [] })
  expect(document).toMatchObject({ key: file.replace('.json', '') })
})

test('every audience that an example journey is entered by is there', () => {
  const named = readExampleJourneys().flatMap(({ entry }) => entry.audience?.key ?? [])
  expect(named).not.toEqual([])
  for (const key of named) expect(readdirSync(folder)).toContain(`${key}.json`)
})
