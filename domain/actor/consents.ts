import { CHANNELS } from '../journeys/values.ts'
import type { Run } from './customer-state.ts'
import type { BatchItem } from './inputs.ts'
import { endRun } from './run-ends.ts'
import { withdrawForbidden } from './sends.ts'
import { definitionOf, patch, type Turn } from './turn.ts'

type ConsentItem = Extract<BatchItem, { type: 'consent' }>

/** A change of consent is in force at once, also while a decision is open. */
export function applyConsent(
  turn: Turn,
  { purpose, channel, granted, receivedAtMs }: Omit<ConsentItem, 'type' | 'seq'>,
): void {
  const known = turn.state.consents[purpose]?.[channel]
  if (known === granted) return
  patch(turn, {
    consents: {
      ...turn.state.consents,
      [purpose]: { ...turn.state.consents[purpose], [channel]: granted },
    },
  })
  if (!granted) enforceWithdrawal(turn, channel, receivedAtMs)
}

/** Takes back what a channel's withdrawn consent forbids, and ends the runs that could only go on there. */
export function enforceWithdrawal(turn: Turn, channel: string, atMs: number): void {
  withdrawForbidden(turn)
  for (const run of turn.state.runs) {
    const definition = definitionOf(turn, run.hash)
    if (definition.class !== 'marketing' || !channelsOf(turn, run).includes(channel)) continue
    if (channelsOf(turn, run).every((each) => turn.state.consents['marketing']?.[each] !== true)) {
      endRun(turn, run, atMs, 'consent_withdrawn')
    }
  }
}

function channelsOf(turn: Turn, run: Run): string[] {
  const steps = Object.values(definitionOf(turn, run.hash).steps)
  return CHANNELS.filter((channel) =>
    steps.some((step) => step.type === 'message' && step.channels?.includes(channel)),
  )
}
