import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { lifecycleTable } from './lifecycle-table.ts'

test('docs/lifecycle.md shows how the customers of a real shop move', async () => {
  const page = readFileSync(new URL('../docs/lifecycle.md', import.meta.url), 'utf8')
  for (const table of (await lifecycleTable()).trim().split('\n\n')) expect(page).toContain(table)
})
