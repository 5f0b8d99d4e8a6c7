import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommand } from '../test/support/command-line.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-journeys-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const journey = (key: string, wait = 'P1D') => ({
  key,
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: `Event of ${key}` }] },
  start: 'rest',
  steps: { rest: { type: 'wait', for: wait, next: 'end' }, end: { type: 'exit' } },
})

function write(name: string, content: unknown): string {
  const file = join(folder, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  return file
}

describe('rumbo journeys check', () => {
  const examples = readdirSync('examples/journeys').map((name) => join('examples/journeys', name))

  test('finds nothing wrong with the examples, without a server', async () => {
    const said = await runCommand(['journeys', 'check', ...examples])
    expect(said).toMatchObject({ code: 0, stderr: '' })
    expect(said.stdout).toContain(`No errors in ${examples.length} files.`)
  })

  test('shows the line of every finding of every file, with a mark under the place', async () => {
    const wrong = write('wrong.json', { ...journey('wrong', '3 days'), start: 'nowhere' })
    const broken = write('broken.json', '{\n  "key": "broken",\n}')
    const said = await runCommand(['journeys', 'check', wrong, broken, ...examples])
    expect(said.code).toBe(1)
    expect(said.stdout).toContain(
      [
        `${wrong}:19:14 error bad_duration  "3 days" is not an ISO 8601 duration such as P3D or PT2H.`,
        '   19 |       "for": "3 days",',
        '      |              ^^^^^^^^',
      ].join('\n'),
    )
    expect(said.stdout).toContain(`${wrong}:15:12 error dangling_link`)
    expect(said.stdout).toContain(`${broken}:3:1 error bad_json`)
    expect(said.stdout).not.toContain('\u001b')
  })

  test('gives programs everything on standard output, and nothing else', async () => {
    const file = write('wrong.json', journey('wrong', 'soon'))
    const said = await runCommand(['journeys', 'check', file, '--json'])
    expect(said).toMatchObject({ code: 1, stderr: '' })
    expect(said.json()).toMatchObject({
      ok: false,
      files: [
        {
          file,
          key: 'wrong',
          findings: [{ code: 'bad_duration', path: '/steps/rest/for', line: 19, column: 14 }],
        },
      ],
    })
  })

  test('shows a place in a very long line with what stands around it', async () => {
    const file = write(
      'long.json',
      JSON.stringify({ title: 'x'.repeat(1_000), ...journey('long', 'soon') }),
    )
    const { stdout } = await runCommand(['journeys', 'check', file])
    const lines = stdout.split('\n')
    const shown = lines.findIndex((line) => /\|.*"soon"/.test(line))
    expect(lines[shown]?.length).toBeLessThan(130)
    expect(lines[shown + 1]?.indexOf('^')).toBe(lines[shown]?.indexOf('"soon"'))
  })

  test('reads journeys from TypeScript, and takes modules of a folder without one as helpers', async () => {
    mkdirSync(join(folder, 'all'))
    write('all/rest.ts', 'export const rest = { type: "wait", for: "P1D", next: "end" }')
    write(
      'all/typed.ts',
      `import { rest } from './rest.ts'\nconst made: object = { ...${JSON.stringify(journey('typed'))}, steps: { rest, end: { type: 'exit' } } }\nexport default made`,
    )
    // In a process of its own: here the test runner would load them, in its way.
    const check = (path: string) =>
      spawnSync(process.execPath, ['cli/rumbo.mjs', 'journeys', 'check', path, '--json'], {
        encoding: 'utf8',
      })
    const said = check(join(folder, 'all'))
    expect(JSON.parse(said.stdout)).toMatchObject({ ok: true, files: [{ key: 'typed' }] })
    expect(said.status).toBe(0)
    const broken = check(write('broken.ts', 'export default ('))
    expect(JSON.parse(broken.stdout)).toMatchObject({
      ok: false,
      files: [{ findings: [{ code: 'bad_module' }] }],
    })
  })

  test('says that two files are of one journey', async () => {
    const files = [write('a.json', journey('same')), write('b.json', journey('same'))]
    const { code, stdout } = await runCommand(['journeys', 'check', ...files])
    expect(code).toBe(1)
    expect(stdout).toMatch(/b\.json:2:10 error same_key/)
  })

  test('names files that are not there as a wrong command line', async () => {
    expect(await runCommand(['journeys', 'check', 'no.json', 'nor-this.json'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'There is no no.json, no nor-this.json.\n',
    })
  })
})
