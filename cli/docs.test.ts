import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { readMappingFile } from './import/mapping-file.ts'
import { createProgram } from './program.ts'

const page = readFileSync('docs/cli.md', 'utf8')
const program = createProgram({
  context: {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    ask: null,
    signal: new AbortController().signal,
    connect: () => {
      throw new Error('Nothing is called here')
    },
  },
  end: () => {},
})

interface Leaf {
  readonly name: string
  readonly command: Command
}
const leavesOf = (command: Command, above: string): Leaf[] =>
  command.commands.length === 0
    ? [{ name: above, command }]
    : command.commands
        .filter((each) => each.name() !== 'help')
        .flatMap((each) => leavesOf(each, `${above} ${each.name()}`))
const leaves = leavesOf(program, 'rumbo')

const shellLines = [...page.matchAll(/^```sh\n(.*?)^```/gms)]
  .flatMap(([, block]) => (block ?? '').split('\n'))
  .filter((line) => line.startsWith('rumbo '))
const longest = (line: string): Leaf | undefined =>
  leaves
    .filter(({ name }) => `${line} `.startsWith(`${name} `))
    .toSorted((a, b) => b.name.length - a.name.length)[0]

describe.each(leaves)('$name', ({ name, command }) => {
  let help = ''
  command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp()

  test('stands in docs/cli.md with an example', () => {
    expect(shellLines.filter((line) => longest(line)?.name === name)).not.toEqual([])
  })

  test('answers with JSON for programs', () => {
    expect(command.options.map(({ long }) => long)).toContain('--json')
  })

  test('shows examples in its help, with options that it has', () => {
    const examples = [...help.matchAll(/^ {2}\$ (.*)$/gm)].map(([, line]) => line ?? '')
    expect(examples).not.toEqual([])
    for (const line of examples) expectOptions(line)
  })
})

test.each(shellLines)('docs/cli.md: %s', (line) => expectOptions(line))

/** A line of an example names a command, and options that the command has. */
function expectOptions(line: string): void {
  const leaf = longest(line)
  expect(leaf, line).toBeDefined()
  const used = [...line.matchAll(/ (--[a-z-]+)/g)].map(([, option]) => option ?? '')
  const known = leaf?.command.options.map(({ long }) => long) ?? []
  expect(used.filter((option) => !known.includes(option))).toEqual([])
}

test('every option of a command has a description', () => {
  const silent = leaves.flatMap(({ name, command }) =>
    command.options.filter(({ description }) => description === '').map(({ long }) => name + long),
  )
  expect(silent).toEqual([])
})

test('the mapping file of docs/cli.md is one', () => {
  const [, block = ''] = /```json\n(\{\n {2}"set".*?)^```/ms.exec(page) ?? []
  expect(readMappingFile('docs', block)).toMatchObject({ rest: 'properties' })
})

test('docs/cli.md names every exit code of the help', () => {
  let help = ''
  program.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp()
  const codes = [...help.matchAll(/^ {2}(\d+) {2,}/gm)].map(([, code]) => code)
  expect(codes).toEqual(['0', '1', '2', '3', '4', '130'])
  for (const code of codes) expect(page).toContain(`| ${code} | `)
})
