import type { Channel, ChannelAnswer, Channels, Outgoing } from '../../channels/channel.ts'
import { CHANNELS, type ChannelName } from '../../domain/journeys/values.ts'

/** A channel that remembers, and answers what it is told. */
export class FakeChannel<Name extends ChannelName> implements Channel<Name> {
  readonly name: Name
  readonly takesIdempotencyKey: boolean
  readonly concurrencyMax = 1
  readonly sent: Outgoing<Name>[] = []
  answers: (ChannelAnswer | Error)[] = []
  /** Runs in the middle of the conversation. */
  during: () => Promise<void> = () => Promise.resolve()

  constructor(name: Name, takesIdempotencyKey: boolean) {
    this.name = name
    this.takesIdempotencyKey = takesIdempotencyKey
  }

  async send(message: Outgoing<Name>): Promise<ChannelAnswer> {
    this.sent.push(message)
    await this.during()
    const answer = this.answers.shift() ?? { type: 'sent', providerId: `p${this.sent.length}` }
    if (answer instanceof Error) throw answer
    return answer
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Every channel: those given, the others fakes. */
export const fakeChannels = (given: Partial<Channels>): Channels =>
  ({
    ...Object.fromEntries(CHANNELS.map((name) => [name, new FakeChannel(name, false)])),
    ...given,
  }) as Channels
