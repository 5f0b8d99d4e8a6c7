import { spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { environmentWith } from '../platform/config.ts'

let root: string

/** A project of its own with the launcher, and an `npm` that notes how it was called. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rumbo-launch-'))
  mkdirSync(join(root, 'dev'))
  for (const file of ['launch.mjs', 'process-lock.mjs'])
    copyFileSync(new URL(file, import.meta.url), join(root, 'dev', file))
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
  )
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(root, 'entry.ts'),
    'const said: string = process.argv.slice(2).join(" ")\nconsole.log(`entry ${said}`)\n',
  )
  mkdirSync(join(root, 'bin'))
  script(
    'npm',
    `echo "npm $@" >> ${root}/npm.log; sleep 0.3; mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json`,
  )
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function script(name: string, body: string): void {
  writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
}

const env = () =>
  environmentWith({
    PATH: [join(root, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    npm_lifecycle_event: undefined,
  })

function launch(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [join(root, 'dev/launch.mjs'), ...args], {
    encoding: 'utf8',
    env: env(),
  })
}

const installations = () =>
  existsSync(join(root, 'npm.log'))
    ? readFileSync(join(root, 'npm.log'), 'utf8').trim().split('\n')
    : []

describe('the launcher', () => {
  test('installs on a fresh clone, once, and runs the entry with its arguments', () => {
    expect(launch('entry.ts', 'one', 'two')).toMatchObject({ stdout: 'entry one two\n', status: 0 })
    expect(launch('entry.ts').stdout).toBe('entry \n')
    expect(installations()).toEqual([expect.stringMatching(/^npm ci /)])
  })

  test('installs again when the lockfile holds something newer', () => {
    launch('entry.ts')
    writeFileSync(
      join(root, 'package-lock.json'),
      JSON.stringify({ packages: { 'node_modules/a': { version: '2.0.0' } } }),
    )
    const later = new Date(Date.now() + 60_000)
    utimesSync(join(root, 'package-lock.json'), later, later)
    launch('entry.ts')
    expect(installations()).toHaveLength(2)
  })

  test('does not install for a lockfile that is newer by its date only', () => {
    launch('entry.ts')
    const later = new Date(Date.now() + 60_000)
    utimesSync(join(root, 'package-lock.json'), later, later)
    launch('entry.ts')
    expect(installations()).toHaveLength(1)
  })

  test('started twice at once installs once', async () => {
    const both = [1, 2].map(
      () =>
        new Promise<number | null>((resolve) => {
          spawn(process.execPath, [join(root, 'dev/launch.mjs'), 'entry.ts'], {
            env: env(),
            stdio: 'ignore',
          }).once('exit', resolve)
        }),
    )
    expect(await Promise.all(both)).toEqual([0, 0])
    expect(installations()).toHaveLength(1)
  })

  test('says what to do when the installation fails', () => {
    script('npm', 'echo no network >&2; exit 1')
    const { stderr, status } = launch('entry.ts')
    expect(status).toBe(1)
    expect(stderr).toContain('npm ci failed')
  })

  test('passes the exit code on', () => {
    writeFileSync(join(root, 'entry.ts'), 'process.exit(7)')
    expect(launch('entry.ts').status).toBe(7)
  })
})
