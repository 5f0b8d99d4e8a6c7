import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import type { Journey } from '../journeys/journey.ts'
import type { Step } from '../journeys/step.ts'
import { publishedAs } from '../simulation.ts'
import type { Run } from './customer-state.ts'
import type { MigrationMove } from './effects.ts'
import type { FactChange, MigrateItem } from './inputs.ts'
import { advance } from './advance.ts'

const START = '2026-12-01T10:00:00Z'

const message = (name: string, next: string): Step => ({ type: 'message', message: name, next })
const steps = (rest: Step, after: Step = message('bye', 'done')): Record<string, Step> => ({
  hello: message('hello', 'rest'),
  rest,
  bye: after,
  nap: { type: 'wait', for: 'P5D', next: 'late' },
  late: message('late', 'done'),
  done: { type: 'exit' },
})
const welcome = (rest: Step, parts: Partial<Journey> = {}): Journey =>
  journey('welcome', {
    steps: steps(rest),
    messages: { hello: mail('hello'), bye: mail('bye'), late: mail('late') },
    ...parts,
  })
const waits = (duration: string, at?: string): Step => ({
  type: 'wait',
  for: duration,
  ...(at === undefined ? {} : { at }),
  next: 'bye',
})
const waitsFor = (event: string, within: string): Step => ({
  type: 'waitFor',
  event,
  within,
  next: 'bye',
  onTimeout: 'nap',
})
const sale = journey('sale', {
  arbitration: { mode: 'manual', rank: 1 },
  entry: { on: [{ event: 'Sale' }] },
  steps: { wait: { type: 'wait', for: 'P2D', next: 'done' }, done: { type: 'exit' } },
  start: 'wait',
  messages: {},
})

/** A customer on `rest` of version 1 since START, with version 2 published meanwhile. */
class Story extends ActorPlayer {
  #seq = 1_000

  constructor(before: Journey, after: Journey, zone = 'UTC', facts: FactChange = {}) {
    super([before, sale], START, zone)
    this.publish(published(before, null)).reachable().learn(facts).event('Signed Up')
    this.publish(published(before, after))
  }

  migrate(to: string | null, more: Partial<Extract<MigrateItem, { change: 'move' }>> = {}): this {
    return this.ask({
      change: 'move',
      migrationId: 'm1',
      fromVersion: 1,
      version: 2,
      hash: 'welcome@2',
      from: 'rest',
      to,
      ...more,
    })
  }

  undo(migrationId = 'm1'): this {
    return this.ask({ change: 'undo', migrationId, version: 1, hash: 'welcome@1' })
  }

  ask(asked: Omit<Extract<MigrateItem, { change: 'move' }>, Told> | Omit<Undo, Told>): this {
    const told = { type: 'migrate', seq: ++this.#seq, receivedAtMs: this.nowMs } as const
    return this.batch([{ ...told, runId: 'c1.1', ...asked }])
  }

  get run(): Run | undefined {
    return this.actor.runs.find(({ runId }) => runId === 'c1.1')
  }

  get due(): string | null {
    const wait = this.run?.wait
    return wait?.type === 'until' || wait?.type === 'event'
      ? new Date(wait.dueAtMs).toISOString().slice(0, 16)
      : null
  }

  get place(): string | null {
    return this.run === undefined ? null : `${this.run.version}:${this.run.step}`
  }

  get moves(): readonly MigrationMove[] {
    return this.records.flatMap(({ moves = [] }) => moves)
  }

  get results(): string[] {
    return this.moves.map(({ result }) => result)
  }

  get runLines(): string[] {
    return this.records.flatMap(({ entries }) =>
      entries.filter(({ kind }) => kind === 'run').map(({ summary }) => summary),
    )
  }
}

type Undo = Extract<MigrateItem, { change: 'undo' }>
type Told = 'type' | 'seq' | 'receivedAtMs' | 'runId'

function published(before: Journey, after: Journey | null) {
  const versions = [
    { journey: before, version: 1, hash: 'welcome@1', live: after === null },
    ...(after === null ? [] : [{ journey: after, version: 2, hash: 'welcome@2', live: true }]),
    { journey: sale, version: 1, hash: 'sale@1', live: true },
  ]
  const rules = publishedAs(versions, { lifecycle: DEFAULT_LIFECYCLE_RULES })
  return { ...rules, book: { ...rules.book, hash: `book ${versions.length}` } }
}

describe('row 16: new version published with people inside', () => {
  test('they are pinned to theirs', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waits('P3D')))
    story.until('2026-12-14T10:00:00Z')
    expect(story.place).toBe('1:rest')
    expect(story.until('2026-12-15T10:00:00Z').mails).toEqual([
      '2026-12-01T10:00 hello',
      '2026-12-15T10:00 bye',
    ])
  })

  test('with a plan, moved as planned, and the timeline says so', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waits('P20D')))
    story.until('2026-12-04T10:00:00Z').migrate('rest')
    expect(story.place).toBe('2:rest')
    expect(story.results).toEqual(['moved'])
    expect(story.runLines).toContain('moved welcome@1 · rest → welcome@2 · rest (migration m1)')
    expect(story.until('2026-12-21T10:00:00Z').mails).toEqual([
      '2026-12-01T10:00 hello',
      '2026-12-21T10:00 bye',
    ])
  })

  test('the new version is loaded before it is needed', () => {
    const { actor } = new Story(welcome(waits('P14D')), welcome(waits('P3D')))
    const rules = published(welcome(waits('P14D')), null)
    const batch = {
      n: actor.lastBatch + 1,
      bookHash: actor.bookHash ?? '',
      entryRules: [],
      items: [{ type: 'migrate', change: 'undo', seq: 9, hash: 'welcome@9' } as MigrateItem],
    }
    const { effects } = advance(actor, rules, [{ type: 'batch', batch }], Date.parse(START))
    expect(effects).toMatchObject([{ type: 'load', request: { definitions: ['welcome@9'] } }])
  })
})

describe('somebody in a wait', () => {
  test('leaves at the right instant where the new one is shorter', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waits('P5D')))
    story.until('2026-12-03T10:00:00Z').migrate('rest')
    expect(story.due).toBe('2026-12-06T10:00')
  })

  test('leaves now where that has passed, and later waits count from now', () => {
    const story = new Story(
      welcome(waits('P14D')),
      welcome(waits('P3D'), { steps: steps(waits('P3D'), message('bye', 'nap')) }),
    )
    story.until('2026-12-10T12:00:00Z').migrate('rest').until('2026-12-10T12:00:01Z')
    expect(story.mails).toEqual(['2026-12-01T10:00 hello', '2026-12-10T12:00 bye'])
    expect([story.place, story.due]).toEqual(['2:nap', '2026-12-15T12:00'])
  })

  test('with a local time leaves at the next one, never in the night', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waits('P3D', '09:00')), 'Asia/Tokyo')
    story.until('2026-12-10T12:00:00Z').migrate('rest')
    expect(story.due).toBe('2026-12-11T00:00')
  })

  test('until a date that came round since the arrival waits for the next one', () => {
    const date: Step = { type: 'wait', date: 'birthday', yearly: true, at: '09:00', next: 'bye' }
    const story = new Story(welcome(waits('P14D')), welcome(date))
    story.learn({ dates: { birthday: '1990-12-05' } })
    story.until('2026-12-10T12:00:00Z').migrate('rest')
    expect([story.place, story.due]).toEqual(['2:rest', '2027-12-05T09:00'])
  })

  test('for an event goes on listening, for the new time, and for the new event', () => {
    const story = new Story(welcome(waitsFor('Ordered', 'P14D')), welcome(waitsFor('Paid', 'P7D')))
    story.until('2026-12-03T10:00:00Z').migrate('rest').event('Ordered')
    expect([story.place, story.due]).toEqual(['2:rest', '2026-12-08T10:00'])
    expect(story.event('Paid').mails).toContain('2026-12-03T10:00 bye')
  })

  test('enters a step of another kind now', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waitsFor('Paid', 'P7D')))
    story.until('2026-12-03T10:00:00Z').migrate('rest')
    expect([story.place, story.due]).toEqual(['2:rest', '2026-12-10T10:00'])
  })

  test('leaves where the plan says exit', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waits('P5D'))).migrate(null)
    expect([story.place, story.results, story.endings]).toEqual([
      null,
      ['exited'],
      ['welcome: migrated'],
    ])
  })

  test('is moved once, however often that is asked', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waits('P3D', '09:00')))
    const { run } = story.migrate('rest')
    expect(story.migrate('rest').run).toEqual(run)
    expect(story.results).toEqual(['moved', 'moved'])
    expect(story.runLines.filter((line) => line.startsWith('moved'))).toHaveLength(1)
  })

  test('on another step than it was judged for, or gone, is left alone', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waits('P5D')))
    story.migrate('rest', { from: 'nap' }).migrate('rest', { fromVersion: 7 })
    story.until('2026-12-20T10:00:00Z').migrate('rest')
    expect(story.results).toEqual(['elsewhere', 'elsewhere', 'gone'])
    expect(story.moves[0]).toMatchObject({ from: 'rest' })
  })

  test('is under the exits of the new version at once', () => {
    const story = new Story(
      welcome(waits('P14D')),
      welcome(waits('P14D'), { exit: [{ when: "count('Signed Up') > 0", reason: 'enough' }] }),
    )
    expect(story.migrate('rest').endings).toEqual(['welcome: enough'])
  })
})

describe('a message under way', () => {
  test('keeps a run where it is until its outcome is known; it is sent once', () => {
    const story = new Story(welcome(waits('P1D')), welcome(waits('P1D')))
    story.holdSends = true
    story.until('2026-12-02T10:00:00Z').migrate('bye', { from: 'bye' })
    expect([story.place, story.results]).toEqual(['1:bye', ['busy']])
    story.release().migrate('bye', { from: 'bye' })
    expect(story.mails).toEqual(['2026-12-01T10:00 hello', '2026-12-02T10:00 bye'])
  })

  test('that is to be tried again goes on under its key where the new step sends the same', () => {
    const story = new Story(welcome(waits('P1D')), welcome(waits('P1D')))
    const tried: string[] = []
    story.answerSend = ({ deliveryId, version, attempt }) => {
      tried.push(`${deliveryId} ${version} ${attempt}`)
      return attempt === 1
        ? { type: 'retryAt', atMs: story.nowMs + 3_600_000, reason: 'greylisted' }
        : { type: 'sent', atMs: story.nowMs, providerId: null }
    }
    story.until('2026-12-02T10:30:00Z').migrate('bye', { from: 'bye' })
    story.until('2026-12-03T10:00:00Z')
    expect(story.results).toEqual(['moved'])
    expect(tried).toEqual(['c1.1.3.email 1 1', 'c1.1.3.email 2 2'])
    expect(story.mails).toEqual(['2026-12-01T10:00 hello', '2026-12-02T11:00 bye'])
  })
})

describe('a paused run', () => {
  const paused = (before: Step, after: Step): Story => {
    const story = new Story(welcome(before), welcome(after))
    return story.until('2026-12-04T10:00:00Z').event('Sale')
  }

  test('is moved and stays paused; the time that is left counts from the resume', () => {
    const story = paused(waits('P14D'), waits('P5D'))
    story.until('2026-12-05T10:00:00Z').migrate('rest')
    expect(story.run).toMatchObject({ status: 'paused', version: 2, step: 'rest' })
    // Paused after three of five days, for two.
    expect(story.until('2026-12-06T10:00:00Z').due).toBe('2026-12-08T10:00')
  })

  test('whose new wait was over before the pause goes on when it resumes, not in the past', () => {
    const story = paused(waits('P14D'), waits('P2D'))
    story.migrate('rest').until('2026-12-06T10:00:00Z')
    expect(story.mails).toEqual(['2026-12-01T10:00 hello', '2026-12-06T10:00 bye'])
  })

  test('on a step of another kind has its whole time before it', () => {
    const story = paused(waits('P14D'), waitsFor('Paid', 'P7D'))
    story.migrate('rest').until('2026-12-06T10:00:00Z')
    expect([story.place, story.due]).toEqual(['2:rest', '2026-12-13T10:00'])
  })

  test('enters a step that sends when it resumes, and not before', () => {
    const story = paused(waits('P14D'), waits('P5D'))
    story.migrate('late')
    expect(story.mails).toEqual(['2026-12-01T10:00 hello'])
    expect(story.until('2026-12-06T10:00:00Z').mails).toEqual([
      '2026-12-01T10:00 hello',
      '2026-12-06T10:00 late',
    ])
  })

  test.each([
    ['the same event keeps what it heard', 'Paid', '2:nap', '2026-12-06T10:00 bye'],
    ['another event forgets it', 'Ordered', '2:rest', '2026-12-01T10:00 hello'],
  ])('that waits for %s', (_what, event, place, lastMail) => {
    const after = welcome(waitsFor(event, 'P14D'), {
      steps: steps(waitsFor(event, 'P14D'), message('bye', 'nap')),
    })
    const story = new Story(welcome(waitsFor('Paid', 'P14D')), after)
    story.until('2026-12-04T10:00:00Z').event('Sale').event('Paid').migrate('rest')
    story.until('2026-12-06T10:00:00Z')
    expect([story.place, story.mails.at(-1)]).toEqual([place, lastMail])
  })
})

describe('undo', () => {
  test('brings a run back exactly to where it was', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waitsFor('Paid', 'P30D')))
    const before = story.until('2026-12-03T10:00:00Z').run
    story.migrate('rest').until('2026-12-05T10:00:00Z').undo()
    expect(story.run).toEqual(before)
    expect(story.results).toEqual(['moved', 'undone'])
    expect(story.runLines.at(-1)).toBe(
      'moved back welcome@2 · rest → welcome@1 · rest (migration m1)',
    )
    expect(story.until('2026-12-15T10:00:00Z').mails.at(-1)).toBe('2026-12-15T10:00 bye')
  })

  test('of a wait that is over meanwhile lets the run go on now', () => {
    const story = new Story(welcome(waits('P3D')), welcome(waits('P30D')))
    story.migrate('rest').until('2026-12-09T10:00:00Z').undo().until('2026-12-09T10:00:01Z')
    expect(story.mails.at(-1)).toBe('2026-12-09T10:00 bye')
  })

  test('leaves a run that has taken a step since', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waits('P3D')))
    story.migrate('rest').until('2026-12-04T10:00:00Z').undo()
    expect(story.results).toEqual(['moved', 'gone'])
    const goesOn = welcome(waits('P3D'), { steps: steps(waits('P3D'), message('bye', 'nap')) })
    const other = new Story(welcome(waits('P14D')), goesOn)
    other.migrate('rest').until('2026-12-04T10:00:00Z').undo()
    expect([other.place, other.results]).toEqual(['2:nap', ['moved', 'kept']])
  })

  test('knows its own migration, and may be asked twice', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waits('P5D')))
    story.migrate('rest').undo('another').undo().undo()
    expect([story.place, story.results]).toEqual(['1:rest', ['moved', 'kept', 'undone', 'undone']])
  })

  test('gives a run that was paused and resumed since the time back that it had left', () => {
    const story = new Story(welcome(waits('P14D')), welcome(waits('P30D')))
    story.until('2026-12-03T10:00:00Z').migrate('rest')
    story.event('Sale').until('2026-12-06T10:00:00Z').undo()
    expect([story.place, story.due]).toEqual(['1:rest', '2026-12-17T10:00'])
  })

  test('of a wait for a date that was changed meanwhile waits for the new one', () => {
    const dated: Step = { type: 'wait', date: 'trialEnds', next: 'bye', onPast: 'nap' }
    const story = (date: string): Story => {
      const facts = { dates: { trialEnds: '2026-12-20' } }
      const moved = new Story(welcome(dated), welcome(waits('P30D')), 'UTC', facts).migrate('rest')
      return moved
        .learn({ dates: { trialEnds: date } })
        .until('2026-12-08T10:00:00Z')
        .undo()
    }
    expect(story('2026-12-10').due).toBe('2026-12-10T09:00')
    expect(story('2026-12-06').place).toBe('1:nap')
  })

  test('gives back what a paused run had heard, and what it has heard since', () => {
    const before = welcome(waitsFor('Paid', 'P14D'))
    const early = new Story(before, welcome(waits('P9D')))
    early.event('Sale').event('Paid').migrate('rest')
    expect(early.run?.heard).toBeNull()
    expect(early.undo().run?.heard).toEqual({ type: 'event' })
    const late = new Story(before, welcome(waitsFor('Paid', 'P9D')))
    expect(late.event('Sale').migrate('rest').event('Paid').undo().run?.heard).toEqual({
      type: 'event',
    })
  })
})

describe('whatever is moved, brought back, paused and heard, in whatever order', () => {
  const kinds = fc.oneof(
    fc
      .tuple(fc.integer({ min: 1, max: 480 }), fc.constantFrom(undefined, '09:00', '23:30'))
      .map(([hours, at]) => waits(`PT${hours}H`, at)),
    fc
      .tuple(fc.constantFrom('Paid', 'Ordered'), fc.integer({ min: 1, max: 480 }))
      .map(([event, hours]) => waitsFor(event, `PT${hours}H`)),
  )
  const acts = fc.array(
    fc.record({
      afterHours: fc.integer({ min: 0, max: 100 }),
      act: fc.constantFrom('move', 'undo', 'Sale', 'Paid', 'Ordered'),
    }),
    { maxLength: 12 },
  )

  test('nobody waits for the past, gets a message twice, or stays for ever', () => {
    fc.assert(
      fc.property(kinds, kinds, acts, (before, after, happened) => {
        const story = new Story(welcome(before), welcome(after), 'Europe/Madrid')
        let migrations = 0
        for (const { afterHours, act } of happened) {
          story.until(new Date(story.nowMs + afterHours * 3_600_000).toISOString())
          if (act === 'move') story.migrate('rest', { migrationId: `m${++migrations}` })
          else if (act === 'undo') story.undo(`m${migrations}`)
          else story.event(act)
          const { run } = story
          const since = run?.status === 'paused' ? (run.pausedAtMs ?? 0) : story.nowMs
          if (run?.wait?.type === 'until' || run?.wait?.type === 'event')
            expect(run.wait.dueAtMs).toBeGreaterThanOrEqual(since)
        }
        story.until('2027-12-01T10:00:00Z')
        expect(story.run).toBeUndefined()
        const sent = story.sent.map(({ message: name }) => name)
        expect(sent).toEqual([...new Set(sent)])
        expect(story.results).not.toContain('busy')
      }),
      { numRuns: 500 },
    )
  })
})
