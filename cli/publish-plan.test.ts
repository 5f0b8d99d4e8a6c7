import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Journey } from '../domain/journeys/journey.ts'
import { isToPublish, planPublication, renderPlan, type ServerJourney } from './publish-plan.ts'

const journey = (key: string, changes: Partial<Journey> = {}): Journey => ({
  key,
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: 'A' }] },
  start: 'rest',
  steps: { rest: { type: 'wait', for: 'P1D', next: 'end' }, end: { type: 'exit' } },
  ...changes,
})
const local = (...journeys: Journey[]) =>
  journeys.map((each) => ({ file: `${each.key}.json`, journey: each }))
const onServer = (
  definition: Journey,
  {
    version = 1,
    isLive = true,
    title = definition.title ?? definition.key,
  }: { version?: number; isLive?: boolean; title?: string } = {},
): ServerJourney => ({
  key: definition.key,
  title,
  latestVersion: version,
  live: isLive ? { version, definition } : null,
})
const longer = { rest: { type: 'wait', for: 'P2D', next: 'end' }, end: { type: 'exit' } } as const

describe('the plan of a publication', () => {
  test('tells new, changed and unchanged journeys apart, by key', () => {
    const plan = planPublication(
      local(journey('c'), journey('b', { steps: longer }), journey('a')),
      [onServer(journey('a'), { version: 4 }), onServer(journey('b'), { version: 2 })],
    )
    expect(plan.map(({ key, action, base }) => ({ key, action, base }))).toEqual([
      { key: 'a', action: 'unchanged', base: 4 },
      { key: 'b', action: 'changed', base: 2 },
      { key: 'c', action: 'new', base: 0 },
    ])
    expect(plan.filter(isToPublish).map(({ key }) => key)).toEqual(['b', 'c'])
  })

  test('takes no notice of the order in which names are written', () => {
    const { steps, ...rest } = journey('a')
    const [planned] = planPublication(local({ steps, ...rest }), [onServer(journey('a'))])
    expect(planned?.action).toBe('unchanged')
  })

  test('knows a journey of which only the title is another', () => {
    const [planned] = planPublication(local(journey('a', { title: 'A' })), [onServer(journey('a'))])
    expect(planned).toMatchObject({ action: 'retitled', liveVersion: 1 })
  })

  test('compares the title with the one that it has now, which its live version may not have', () => {
    const renamed = onServer(journey('a', { title: 'Before' }), { title: 'Now' })
    const actionOf = (title: string) =>
      planPublication(local(journey('a', { title })), [renamed])[0]?.action
    expect(actionOf('Now')).toBe('unchanged')
    expect(actionOf('Before')).toBe('retitled')
  })

  test('knows a journey without a title, which is called by its key', () => {
    const [planned] = planPublication(local(journey('a')), [onServer(journey('a'))])
    expect(planned?.action).toBe('unchanged')
  })

  test('opens a journey again that takes no entries, also with the same content', () => {
    const [planned] = planPublication(local(journey('a')), [
      onServer(journey('a'), { version: 3, isLive: false }),
    ])
    expect(planned).toMatchObject({ action: 'reopened', base: 3 })
  })

  test('names what is live without a file only where the files are the whole truth', () => {
    const server = [onServer(journey('a')), onServer(journey('old'), { isLive: false })]
    const files = local(journey('b'))
    expect(planPublication(files, server).map(({ key }) => key)).toEqual(['b'])
    expect(planPublication(files, server, { isWholeTruth: true })).toMatchObject([
      { key: 'a', action: 'only_on_server', file: null },
      { key: 'b', action: 'new' },
    ])
  })

  test('is read as a list of what would happen, with the steps that change', () => {
    const plan = planPublication(
      local(journey('a', { steps: longer }), journey('b')),
      [onServer(journey('a')), onServer(journey('x'), { version: 7 })],
      { isWholeTruth: true },
    )
    expect(renderPlan(new Writable(), plan)).toBe(
      [
        '  ~ a  version 1 → 2  (a.json)',
        '      steps changed: rest',
        '  + b  new, becomes version 1  (b.json)',
        '  ? x  live on the server (version 7) and not in the directory; left as it is',
        '',
        '2 journeys to publish.',
      ].join('\n'),
    )
  })
})
