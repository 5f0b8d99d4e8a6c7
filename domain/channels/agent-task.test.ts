import { expect, test } from 'vitest'
import { agentTask } from './agent-task.ts'

const content = {
  title: 'Propose\nthe {{ event.properties.name }} ',
  text: '{{ customer.traits.firstName }} has looked at it.',
  reason: 'Hero, {{ counts.viewed }} views',
  priority: 80,
  expiresIn: 'P1D',
}

test('everybody can be proposed something', () => {
  expect(agentTask.destination({}, undefined)).toBe('call-centre')
})

test('texts are rendered, the rest stays as it is', () => {
  const event = {
    name: 'Product Viewed',
    properties: { name: 'tent' },
    occurredAt: '',
    receivedAt: '',
  }
  expect(
    agentTask.render(content, {
      customer: { traits: { firstName: 'Ada' }, lifecycle: 'repeater', consent: {} },
      event,
      entry: event,
      counts: { viewed: 3 },
      nowMs: 0,
      zone: 'UTC',
    }),
  ).toEqual({
    title: 'Propose the tent',
    text: 'Ada has looked at it.',
    reason: 'Hero, 3 views',
    priority: 80,
    expiresIn: 'P1D',
  })
})

test('only texts are templates', () => {
  expect(agentTask.templates('/m', content).map(({ path }) => path)).toEqual([
    '/m/title',
    '/m/text',
    '/m/reason',
  ])
})

test('a length of time that is none is found', () => {
  const of = (expiresIn: string) => agentTask.findings?.('/m', { ...content, expiresIn }) ?? []
  expect(of('2 days')).toMatchObject([{ code: 'bad_duration', path: '/m/expiresIn' }])
  expect(of('PT4H')).toEqual([])
})
