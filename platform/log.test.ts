import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLog } from './log.ts'

test('writes of an error what helps, and nothing of the row that a driver attaches', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rumbo-log-'))
  const file = join(folder, 'log')
  const error = Object.assign(new Error('duplicate key', { cause: new Error('below') }), {
    code: '23505',
    detail: 'Key (value)=(anna@example.com) already exists.',
  })
  createLog({ level: 'info', file }).error({ err: error, customerId: 'c1' }, 'failed')
  const line = readFileSync(file, 'utf8')
  expect(JSON.parse(line)).toMatchObject({
    level: 50,
    customerId: 'c1',
    msg: 'failed',
    err: { message: 'duplicate key', code: '23505', cause: { message: 'below' } },
  })
  expect(line).not.toContain('anna')
  rmSync(folder, { recursive: true })
})
