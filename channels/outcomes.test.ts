import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CHANNELS } from '../domain/journeys/values.ts'
import { outcomesOf, SILENCES } from './outcomes.cases.ts'

test('docs/channels.md has the table that every channel is tested against', () => {
  const columns = CHANNELS.map(
    (name) => new Map(outcomesOf(SILENCES[name]).map(([c, t]) => [c, t])),
  )
  const conducts = outcomesOf(SILENCES.email).map(([conduct]) => conduct)
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const table = [
    row(['the provider …', ...CHANNELS.map((name) => `\`${name}\``)]),
    `|${'---|'.repeat(CHANNELS.length + 1)}`,
    ...conducts.map((conduct) => row([conduct, ...columns.map((of) => of.get(conduct) ?? '')])),
    row(['is not there', ...CHANNELS.map(() => 'unavailable')]),
  ].join('\n')
  expect(readFileSync('docs/channels.md', 'utf8')).toContain(table)
})
