import { describe, expect, test } from 'vitest'
import { diffRules } from './diff-rules.ts'

const weekly = { name: 'weekly', max: 3, window: 'P7D' }
const daily = { name: 'daily', max: 1, window: 'P1D' }

describe('diffRules', () => {
  test('the same rules differ in nothing, whatever an editor is told', () => {
    expect(diffRules({ caps: [weekly] }, { $schema: 'https://a.example', caps: [weekly] })).toEqual(
      [],
    )
  })

  test('one more at the beginning of a list is one more', () => {
    expect(diffRules({ caps: [weekly] }, { caps: [daily, weekly] })).toEqual([
      { path: '/caps/0', to: daily },
    ])
  })

  test('one that is gone is named by where it was', () => {
    expect(diffRules({ caps: [daily, weekly] }, { caps: [weekly] })).toEqual([
      { path: '/caps/0', from: daily },
    ])
  })

  test('one that changed says in what, where it stands now', () => {
    expect(diffRules({ caps: [weekly] }, { caps: [daily, { ...weekly, max: 5 }] })).toEqual([
      { path: '/caps/0', to: daily },
      { path: '/caps/1/max', from: 3, to: 5 },
    ])
  })

  test('another order is a change', () => {
    expect(
      diffRules(
        { groups: [{ name: 'a', when: 'true' }, { name: 'b' }] },
        { groups: [{ name: 'b' }, { name: 'a', when: 'true' }] },
      ),
    ).toEqual([{ path: '/groups', from: ['a', 'b'], to: ['b', 'a'] }])
  })

  test('presets go by what they are called, numbers and lists without names by their place', () => {
    expect(
      diffRules(
        { exclusions: [{ preset: 'upset' }], zone: 'UTC' },
        { exclusions: [{ preset: 'upset', for: 'P1D' }], matrix: [{ do: 'send' }] },
      ),
    ).toEqual([
      { path: '/exclusions/0/for', to: 'P1D' },
      { path: '/matrix', to: [{ do: 'send' }] },
      { path: '/zone', from: 'UTC' },
    ])
    expect(diffRules({ margin: 0.1 }, { margin: 0.2 })).toEqual([
      { path: '/margin', from: 0.1, to: 0.2 },
    ])
  })
})
