import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureSecret, keepSecret, readSecret } from './kept-secret.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-secret-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('ensureSecret', () => {
  test('makes one once, in a folder that need not be there, for its owner only', () => {
    const file = join(folder, 'data', 'secret')
    expect(ensureSecret(file, () => 'first')).toBe('first')
    expect(ensureSecret(file, () => 'second')).toBe('first')
    expect(readSecret(file)).toBe('first')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'data'))).toEqual(['secret'])
  })

  test('takes the one that another process has kept meanwhile', () => {
    const file = join(folder, 'secret')
    const made = ensureSecret(file, () => {
      keepSecret(file, 'theirs')
      return 'ours'
    })
    expect(made).toBe('theirs')
    expect(readSecret(file)).toBe('theirs')
  })
})
