import { describe, expect, test } from 'vitest'
import { DEFAULT_CASES } from '../cases/case-rules.ts'
import type { Exclusion } from '../contact/policy.ts'
import { proposalBar, type ProposalFacts } from './proposal-bar.ts'
import { taskEvent } from './task-event.ts'
import { compareTasks, taskPriority, type TaskRank } from './task-priority.ts'
import { AGENT_TASK_STATUSES, mayBecome } from './task-state.ts'

const { loyalty } = DEFAULT_CASES.priority
const NOW_MS = Date.parse('2026-03-02T12:00:00Z')

describe('order', () => {
  test('what the message says and what the customer is worth add up, each with its reason', () => {
    expect(taskPriority({ priority: 70, traits: { loyalty_tier: 'gold' } }, loyalty)).toEqual({
      points: 80,
      parts: [
        { name: 'message', points: 70, because: 'as its message says' },
        { name: 'loyalty', points: 10, because: 'gold' },
      ],
    })
    expect(taskPriority({ priority: 70, traits: {} }, loyalty).points).toBe(70)
  })

  const rank = (taskId: string, points: number, expiresAtMs: number): TaskRank => ({
    taskId,
    points,
    expiresAtMs,
  })

  test('is by points, then by what ends first, then by id, and no two are alike', () => {
    const ranked = [rank('c', 9, 5), rank('a', 5, 1), rank('b', 5, 2), rank('d', 5, 2)]
    expect(ranked.toReversed().toSorted(compareTasks)).toEqual(ranked)
    for (const a of ranked)
      for (const b of ranked) {
        expect(Math.sign(compareTasks(a, b)) + Math.sign(compareTasks(b, a))).toBe(0)
        expect(compareTasks(a, b) === 0).toBe(a === b)
      }
  })
})

test('a decision is taken once: only what was accepted can still be declined, or be done', () => {
  const ways = AGENT_TASK_STATUSES.flatMap((from) =>
    (['accepted', 'declined', 'expired', 'withdrawn', 'done'] as const)
      .filter((to) => mayBecome(from, to))
      .map((to) => `${from} → ${to}`),
  )
  expect(ways).toEqual([
    'open → accepted',
    'open → declined',
    'open → expired',
    'open → withdrawn',
    'open → done',
    'accepted → declined',
    'accepted → done',
  ])
})

test('the event says which proposal, and holds a code and no words', () => {
  const task = { taskId: 't1', journey: 'hero', version: 3, step: 's', message: 'm' }
  expect(taskEvent(task, { status: 'declined', reason: 'not_now' })).toEqual({
    name: 'Agent Task Declined',
    messageId: 'agent-task:t1:declined',
    properties: {
      task_id: 't1',
      journey: 'hero',
      version: 3,
      step: 's',
      message: 'm',
      reason: 'not_now',
    },
  })
})

describe('what was proposed', () => {
  const yes = { purpose: 'marketing', channel: 'agent_task', granted: true }
  const complaint: Exclusion = {
    exclusionId: 'x',
    rule: null,
    reason: 'complaintOpen',
    source: 'test',
    scope: {},
    sinceMs: NOW_MS,
    fromMs: NOW_MS,
    untilMs: null,
  }
  const free: ProposalFacts = { consents: [yes], exclusions: [], stop: null }
  const bar = (changes: Partial<ProposalFacts>, of: 'marketing' | 'service' = 'marketing') =>
    proposalBar({ class: of }, { ...free, ...changes }, NOW_MS)

  test.each<[string, Partial<ProposalFacts>, string | null]>([
    ['may be voiced', {}, null],
    ['not once the yes is withdrawn', { consents: [{ ...yes, granted: false }] }, 'no_consent'],
    ['not with a yes to mails', { consents: [{ ...yes, channel: 'email' }] }, 'no_consent'],
    ['not while excluded', { exclusions: [complaint] }, 'excluded:complaintOpen'],
    ['again when that has ended', { exclusions: [{ ...complaint, untilMs: NOW_MS }] }, null],
    ['not while it is stopped', { stop: 'stop:journey:hero' }, 'stop:journey:hero'],
  ])('%s', (_what, facts, reason) => {
    expect(bar(facts)).toBe(reason)
  })

  test('service needs no yes', () => {
    expect(bar({ consents: [] }, 'service')).toBeNull()
  })
})
