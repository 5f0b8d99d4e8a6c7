import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChannelName } from '../domain/journeys/values.ts'
import type { Channel, ChannelAnswer, Outgoing } from './channel.ts'
import { outcomesOf, SILENCES } from './outcomes.cases.ts'

/** What a provider can do to a channel. */
export type Conduct =
  | 'take'
  | 'refuse'
  | 'fail for a while'
  | 'throttle'
  | 'stall'
  | 'break before taking'
  | 'break after taking'
  | 'take slowly'

/** A real server on this machine, and a channel that talks to it. */
export interface LocalProvider<Name extends ChannelName> {
  readonly channel: Channel<Name>
  readonly message: (idempotencyKey: string) => Outgoing<Name>
  conduct: Conduct
  /** The id under which the provider saw each message that it took. */
  readonly taken: readonly string[]
  /** Stops listening. */
  readonly stop: () => Promise<void>
}

const TIMEOUT_MS = 1_000

/** What every channel answers, whoever the provider is. */
export function describeChannel<Name extends ChannelName>(
  name: Name,
  start: () => Promise<LocalProvider<Name>>,
  { title = name }: { readonly title?: string } = {},
): void {
  describe(title, () => {
    let provider: LocalProvider<Name>
    beforeEach(async () => {
      provider = await start()
    })
    afterEach(async () => {
      await provider.channel.close()
      await provider.stop()
    })
    const send = (key = 'run.1'): Promise<ChannelAnswer> =>
      provider.channel.send(provider.message(key), TIMEOUT_MS)

    test.each(outcomesOf(SILENCES[name]))(
      'a provider that does "%s" is answered %s',
      async (conduct, type, taken) => {
        provider.conduct = conduct
        expect(await send()).toMatchObject({ type })
        expect(provider.taken).toHaveLength(taken)
      },
    )

    test('a provider that is not there is unavailable', async () => {
      await provider.stop()
      expect(await send()).toMatchObject({ type: 'unavailable' })
    })

    test('ends in time, whatever the provider does', async () => {
      provider.conduct = 'stall'
      const startedAt = performance.now()
      await send()
      expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS + 500)
    })

    test('a repeat goes out under the same id, another message under another', async () => {
      await send('run.1')
      await send('run.1')
      await send('run.2')
      const [first, repeat, other] = provider.taken
      expect(repeat).toBe(first)
      expect(other).not.toBe(first)
    })

    test('goes on after trouble', async () => {
      for (const conduct of ['break before taking', 'refuse', 'fail for a while'] as const) {
        provider.conduct = conduct
        await send()
      }
      provider.conduct = 'take'
      expect(await send()).toMatchObject({ type: 'sent' })
    })

    test('takes as many at once as it says', async () => {
      const keys = Array.from({ length: provider.channel.concurrencyMax }, (_, n) => `run.${n}`)
      const answers = await Promise.all(keys.map(send))
      expect(new Set(answers.map(({ type }) => type))).toEqual(new Set(['sent']))
      expect(new Set(provider.taken).size).toBe(keys.length)
    })

    test('reasons hold codes, not what the provider wrote', async () => {
      for (const conduct of ['refuse', 'fail for a while', 'break before taking'] as const) {
        provider.conduct = conduct
        expect(await send()).toMatchObject({ reason: expect.stringMatching(/^[a-z0-9_]+$/) })
      }
    })

    test('sends nothing once it is closed', async () => {
      await provider.channel.close()
      expect(await send()).toMatchObject({ type: 'unavailable' })
      expect(provider.taken).toEqual([])
    })
  })
}
