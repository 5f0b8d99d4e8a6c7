import { describe, expect, test } from 'vitest'
import { describeChannel, type LocalProvider } from '../channel.cases.ts'
import { createAgentTaskChannel, type ProposedTask } from './index.ts'

const content = { title: 'Propose the tent', text: 'She has looked at it.', reason: 'A hero' }

/** A store that does what it is told. */
async function startStore(): Promise<LocalProvider<'agent_task'>> {
  const tasks: ProposedTask[] = []
  let isThere = true
  const keep = async (task: ProposedTask): Promise<boolean> => {
    if (!isThere) throw new Error('Connection refused')
    switch (provider.conduct) {
      case 'take':
        tasks.push(task)
        return true
      case 'refuse':
        return false
      case 'fail for a while':
      case 'throttle':
        throw new Error('ada@example.com: too many connections')
      case 'stall':
        return new Promise(() => {})
      case 'break before taking':
        throw new Error('Connection terminated')
      case 'break after taking':
        tasks.push(task)
        throw new Error('Connection terminated')
      case 'take slowly':
        tasks.push(task)
        return new Promise(() => {})
    }
  }
  const provider: LocalProvider<'agent_task'> = {
    channel: createAgentTaskChannel({ keep }),
    message: (idempotencyKey) => ({ idempotencyKey, to: 'call-centre', content, test: false }),
    conduct: 'take',
    get taken() {
      return tasks.map(({ deliveryId }) => deliveryId)
    },
    stop: async () => {
      isThere = false
    },
  }
  return provider
}

// The store knows a proposal by its delivery: a lost reply may be tried again.
describeChannel('agent_task', startStore)

describe('agent_task only', () => {
  test('hands over what was rendered, with the delivery that it is of', async () => {
    const kept: ProposedTask[] = []
    const channel = createAgentTaskChannel({
      keep: async (task) => {
        kept.push(task)
        return true
      },
    })
    await channel.send({ idempotencyKey: 'r.1', to: 'call-centre', content, test: false }, 1_000)
    expect(kept).toEqual([{ deliveryId: 'r.1', content }])
  })
})
